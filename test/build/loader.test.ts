// The code cache of the programs: it lies in the user's own cache folder, and nobody else's is ever run.
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const programs = ['ssh-tunnels', 'terraform-provider-sshtunnel']
let home: string
let folder: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'loader-'))
  folder = join(home, '.cache/ssh-tunnels')
})
afterEach(() => rmSync(home, { recursive: true }))

function version(environment: Record<string, string> = { HOME: home }): string {
  const { stdout, stderr } = spawnSync(process.execPath, [join(__dirname, '../../dist/ssh-tunnels.cjs'), '--version'], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, ...environment },
  })
  expect(stderr).toBe('')
  return stdout
}
const kept = () =>
  existsSync(join(home, '.cache')) && statSync(join(home, '.cache')).isDirectory() && existsSync(folder)
    ? readdirSync(folder)
    : []
const path = () => join(folder, kept()[0] ?? '')

test('the first run leaves a file that only its user may read, and the next takes it as it is', () => {
  expect(version()).toMatch(/^ssh-tunnels \d/)
  expect(kept()).toEqual([expect.stringMatching(/^ssh-tunnels-[0-9a-f]{16}-v\d+\.\d+\.\d+-[0-9a-f]+$/)])
  expect([folder, path()].map(one => (statSync(one).mode & 0o777).toString(8))).toEqual(['700', '600'])
  const before = statSync(path())
  expect(version()).toMatch(/^ssh-tunnels \d/)
  expect(statSync(path())).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs })
})

test('XDG_CACHE_HOME names another folder', () => {
  version({ HOME: home, XDG_CACHE_HOME: home })
  expect(readdirSync(join(home, 'ssh-tunnels'))).toHaveLength(1)
  expect(kept()).toEqual([])
})

const spoil: Record<string, () => void> = {
  'is cut short': () => writeFileSync(path(), readFileSync(path()).subarray(0, 5000)),
  'has another byte somewhere': () => {
    const content = readFileSync(path())
    content[content.length >> 1] = (content[content.length >> 1] ?? 0) ^ 1
    writeFileSync(path(), content)
  },
  'others may write': () => chmodSync(path(), 0o666),
}
test.each(Object.keys(spoil))('a file that %s is not taken, and made anew', how => {
  version()
  spoil[how]?.()
  const before = statSync(path()).ino
  expect(version()).toMatch(/^ssh-tunnels \d/)
  expect(statSync(path()).ino).not.toBe(before)
  expect((statSync(path()).mode & 0o777).toString(8)).toBe('600')
})

test('that of another build goes when it is old', () => {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const name of ['ssh-tunnels-0123-v20.0.0-1', 'ssh-tunnels-4567-v20.0.0-1']) writeFileSync(join(folder, name), '')
  utimesSync(join(folder, 'ssh-tunnels-0123-v20.0.0-1'), 0, 0)
  version()
  expect(kept()).toHaveLength(2)
  expect(kept()).toContain('ssh-tunnels-4567-v20.0.0-1')
})

const strange: Record<string, () => Record<string, string>> = {
  'there is no home': () => ({}),
  'the home is not there': () => ({ HOME: join(home, 'gone') }),
  'others may write in the home': () => {
    chmodSync(home, 0o777)
    return { HOME: home }
  },
  'others may write in the folder': () => {
    mkdirSync(folder, { recursive: true })
    chmodSync(folder, 0o777)
    return { HOME: home }
  },
  'the cache folder is a file': () => {
    writeFileSync(join(home, '.cache'), '')
    return { HOME: home }
  },
  'the home is a file': () => ({ HOME: __filename }),
}
test.each(Object.keys(strange))('where %s nothing is kept, and the program runs', what => {
  expect(version(strange[what]?.())).toMatch(/^ssh-tunnels \d/)
  expect(kept()).toEqual([])
})

test("with sudo the home is somebody else's: nothing of his is run, and nothing is put there", () => {
  execFileSync('chown', ['65534', home])
  expect(version()).toMatch(/^ssh-tunnels \d/)
  expect(kept()).toEqual([])
})

test.each(programs)('%s is one file of ASCII, whatever its code says', program => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what is asked for
  expect(readFileSync(join(__dirname, `../../dist/${program}.cjs`), 'latin1')).toMatch(/^[\x00-\x7f]*$/)
})
