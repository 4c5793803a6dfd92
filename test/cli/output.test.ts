// What cannot be printed is told: a full disk is no success, a reader that has gone away is.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(__dirname, '../..')
const sh = (script: string, ...words: string[]) => {
  const argv = ['-c', script, 'sh', join(root, 'dist/ssh-tunnels.cjs'), ...words]
  return spawnSync('bash', argv, { cwd: join(root, 'examples'), encoding: 'utf8' })
}
const lost = 'standard output could not be written: no space left on device; what is there is not whole\n'

test('a full disk is an error, also when a part has come there', () => {
  expect(sh('"$@" >/dev/full', 'explain', 'tutorial.yaml', '--json')).toMatchObject({ status: 1, stderr: lost })
  // A disk of two pages, in a mount namespace of its own.
  const small = 'mount -t tmpfs -o size=8k small /mnt && "$@" >/mnt/out'
  const inside = `exec unshare --mount bash -c '${small}' "$0" "$@"`
  expect(sh(inside, 'explain', 'tutorial.yaml', '--json')).toMatchObject({ status: 1, stderr: lost })
})

test('a reader that has gone away is none', () => {
  expect(sh('set -o pipefail; "$@" | true', 'explain', 'tutorial.yaml')).toMatchObject({ status: 0, stderr: '' })
})
