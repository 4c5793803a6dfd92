// Many tunnels in one go: few round trips to each host, and no drift of our own making. `make test` makes forty, test-wide sixty.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Lab, startLab } from '../../lab'
import { fingerprints } from './stack'

const program = join(__dirname, '../../dist/ssh-tunnels.cjs')
const count = process.env.WIDE ? 60 : 40
const hosts = ['near', 'middle'] as const

let lab: Lab
let folder: string
let before: Awaited<ReturnType<typeof fingerprints>>

beforeAll(async () => {
  lab = await startLab()
  folder = mkdtempSync(join(tmpdir(), 'lab-many-'))
  // VERBOSE tells each program that a login starts (sshd_config(5)); far's MaxStartups stays the default.
  for (const host of hosts) {
    await lab.hosts[host].writeFile('/etc/ssh/sshd_config.d/01-verbose.conf', 'LogLevel VERBOSE\n')
    await lab.hosts[host].sh('systemctl reload ssh')
  }
  before = await fingerprints(lab)
  const host = (name: (typeof hosts)[number]) => ({
    address: lab.hosts[name].address,
    hostKey: lab.hosts[name].hostKey,
    identityFile: lab.keyFile,
  })
  const tunnel = (at: number) => ({
    client: 'near',
    server: 'middle',
    forward: 'remote',
    listen: `203.0.113.20:${20000 + at}`,
    far: 'far:22',
  })
  const tunnels = Object.fromEntries([...Array(count).keys()].map(at => [`t${at}`, tunnel(at)]))
  const spec = { version: 1, hosts: { near: host('near'), middle: host('middle') } }
  writeFileSync(join(folder, 'tunnels.yaml'), JSON.stringify({ ...spec, owner: 'many', tunnels }))
  const single = { single: { ...tunnel(count), far: 'far:80' } }
  writeFileSync(join(folder, 'one.yaml'), JSON.stringify({ ...spec, owner: 'one', tunnels: single }))
})
afterAll(async () => {
  await lab?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Runs the command, and counts what it asks of each host: logins of root, and programs. */
async function run(...words: string[]) {
  const since = await lab.hosts.near.sh('date +%s.%N')
  const { code, stdout, stderr } = await lab.run('controller', ['node', program, ...words], {
    cwd: folder,
    env: { HOME: folder },
    timeoutMs: 120_000,
  })
  const asked = await Promise.all(
    hosts.map(async host => {
      const journal = await lab.hosts[host].sh(`journalctl -u ssh --since=@${since} --output=cat`)
      const matches = (pattern: RegExp) => journal.match(pattern)?.length ?? 0
      return {
        logins: matches(/^Accepted publickey for root /gm),
        runs: matches(/^Starting session: command for root /gm),
      }
    }),
  )
  return { code, said: `${stdout}${stderr}`, asked }
}

/** On middle once more, for the fresh login that confirms what has changed of sshd. */
const few = (asked: readonly { readonly logins: number; readonly runs: number }[]) => {
  expect(asked.map(({ logins }) => logins)).toEqual([1, 2])
  for (const { runs } of asked) expect(runs).toBeLessThanOrEqual(7)
}

test('one tunnel is made with one login and a handful of runs a host, and looked at with one of each', async () => {
  const made = await run('apply', 'one.yaml')
  expect(made.said).toContain('Complete: 1 added, 0 changed, 0 destroyed.')
  few(made.asked)
  const seen = await run('plan', 'one.yaml', '--detailed-exitcode')
  expect(seen).toMatchObject({ code: 0, said: 'No changes.\n', asked: Array(2).fill({ logins: 1, runs: 1 }) })
  few((await run('destroy', 'one.yaml')).asked)
})

test('an apply costs one login and a handful of runs a host, and every far answers', async () => {
  const { code, said, asked } = await run('apply', 'tunnels.yaml')
  expect(said).toContain(`Complete: ${count} added, 0 changed, 0 destroyed.`)
  expect(code).toBe(0)
  // The plan's look, the look, round 0, then on near the service's round; on middle the key's round and the wait for the listeners.
  few(asked)
})

test('the next two plans find nothing to do, with one login and one read a host', async () => {
  for (const _time of [1, 2]) {
    const { code, said, asked } = await run('plan', 'tunnels.yaml', '--detailed-exitcode')
    expect(said).toBe('No changes.\n')
    expect(code).toBe(0)
    expect(asked).toEqual([
      { logins: 1, runs: 1 },
      { logins: 1, runs: 1 },
    ])
  }
})

test('no probe of ours was too much for far', async () => {
  expect(await lab.hosts.far.sh('journalctl -u ssh --output=cat | grep -c "drop connection" || :')).toBe('0')
})

test('destroy leaves the hosts as they were', async () => {
  const { code, asked } = await run('destroy', 'tunnels.yaml')
  expect(code).toBe(0)
  few(asked)
  expect(await fingerprints(lab)).toEqual(before)
})
