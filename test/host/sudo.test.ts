// A login that becomes root with the real sudo, as administrators set it up: what its log shows, what arrives, and what ends.
import { chmodSync } from 'node:fs'
import { Fault } from '../../engine/fault'
import { type Reach, reach } from '../../engine/host'
import { startMark } from '../../engine/host/quote'
import { makeRun } from '../../engine/host/run'
import type { Ended } from '../../engine/host/ssh'
import { scripts } from '../../engine/remote/texts'
import type { Host } from '../../schemas/types'
import { oddArguments, showArguments } from './odd-arguments'
import { type Lab, makeLab } from './sshd'

let lab: Lab
let root: Reach
let admin: Reach
let middle: Host

beforeAll(async () => {
  lab = makeLab()
  const { host } = await lab.startSshd('middle')
  middle = host
  root = await reach(host)
  // Its key stands in the tests' own folder; without UsePAM sshd refuses a locked account.
  chmodSync(lab.dir, 0o711)
  await root.run({ name: 'unlock', text: "usermod -p '*' admin" }, [])
  admin = await reach({ ...host, user: 'admin', become: 'sudo' })
})
afterAll(async () => {
  admin?.close()
  root?.close()
  await lab.end()
})

const settings = async (line: string) => {
  const text = 'printf "%s\\n" "$1" "Defaults logfile=/var/log/sudo.log" >/etc/sudoers.d/zz-test; : >/var/log/sudo.log'
  expect(await root.run({ name: 'set', text }, [line])).toMatchObject({ code: 0 })
}
const readLog = async () => (await root.run({ name: 'log', text: 'cat /var/log/sudo.log' }, [])).stdout

describe.each(['Defaults use_pty', 'Defaults !use_pty', 'Defaults use_pty, log_input, log_output'])('with %s', line => {
  beforeAll(() => settings(line))

  test('arguments and a long stdin arrive, and its log has a short line', async () => {
    const stdin = 'a line of stdin\n'.repeat(20_000)
    const ran = await admin.run(
      { name: 'show', text: `# a text of ours\n${showArguments.replace('cat', 'wc -c')}` },
      oddArguments,
      stdin,
    )
    const [name, ...rest] = ran.stdout.split('\0')
    expect([name, rest.slice(0, -1), rest.at(-1)]).toEqual(['show', oddArguments, `${stdin.length}\n`])
    await admin.run(scripts.look, [], 'look_programs\x1fawk\nlook_whole\nend\n')
    const log = await readLog()
    expect(log.match(/COMMAND=/g)).toHaveLength(2)
    expect(log).not.toMatch(/a text of ours|look_tunnel/)
    expect(log.length).toBeLessThan(1500)
  })

  test('a program that hangs is ended, and says so', async () => {
    const fault = await admin
      .run({ name: 'hang', text: 'trap "echo put back >&2; limit_end" EXIT; sleep 4321; :' }, [], '', 1)
      .catch((why: unknown) => why as Fault)
    expect(fault).toBeInstanceOf(Fault)
    expect(fault).toMatchObject({ code: 'took-too-long', happened: expect.stringContaining('put back') })
    const left = await root.run({ name: 'left', text: 'pgrep -fx "sleep 4321" || echo none' }, [])
    expect(left.stdout).toBe('none\n')
  })
})

test('one that wants a terminal is a fault that tells the line which lets us go without', async () => {
  await settings('Defaults requiretty')
  const fault = await admin.run({ name: 'true', text: ':' }, []).catch((why: unknown) => why as Fault)
  expect(fault).toMatchObject({ code: 'become-refused', cure: expect.stringContaining('Defaults:admin !requiretty') })
})

describe('with a password', () => {
  const password = 'correct horse "battery" $(staple) \\ %p'
  const environment = { ...process.env, SUDO_PASSWORD: password }
  let host: Host

  beforeAll(async () => {
    await settings('Defaults:admin log_input, log_output, use_pty, !compress_io\nadmin ALL=(ALL) PASSWD: ALL')
    const text = 'printf "admin:%s\\n" "$1" | chpasswd -c SHA512; rm -rf /etc/sudoers.d/admin /var/log/sudo-io'
    expect(await root.run({ name: 'password', text }, [password])).toMatchObject({ code: 0, stderr: '' })
    const { become: _, ...login } = middle
    host = { ...login, user: 'admin', become: 'sudo', becomePasswordEnv: 'SUDO_PASSWORD' }
  })

  const faultOf = async (env: NodeJS.ProcessEnv): Promise<Fault> => {
    const reached = await reach(host, { environment: env })
    const both = await Promise.all(
      [1, 2].map(() => reached.run({ name: 'id', text: 'id -u' }, []).catch((why: unknown) => why as Fault)),
    )
    reached.close()
    expect(both[0]).toBeInstanceOf(Fault)
    expect(String(both[1])).toBe(String(both[0]))
    return both[0] as Fault
  }

  test('sudo is given it when it asks, and neither its log nor any command line has it', async () => {
    const reached = await reach(host, { environment })
    const text = 'id -u; cat; cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null'
    const ran = await Promise.all([1, 2, 3].map(at => reached.run({ name: 'id', text }, [], `stdin ${at}\n`)))
    for (const [at, { stdout }] of ran.entries()) {
      expect(stdout.startsWith(`0\nstdin ${at + 1}\n`)).toBe(true)
      expect(stdout.replaceAll(`SUDO_PASSWORD=${password}`, '')).not.toContain('battery')
    }
    reached.close()
    const found = await root.run({ name: 'grep', text: 'grep -rl battery /var/log /tmp /run || echo nowhere' }, [])
    expect(found.stdout).toBe('nowhere\n')
  })

  test('where sudo asks for none, nothing of it arrives anywhere', async () => {
    await root.run({ name: 'free', text: 'echo "admin ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/zzz-free' }, [])
    const reached = await reach(host, { environment })
    expect((await reached.run({ name: 'cat', text: 'cat' }, [], 'only this\n')).stdout).toBe('only this\n')
    reached.close()
    await root.run({ name: 'asked', text: 'rm /etc/sudoers.d/zzz-free' }, [])
  })

  test('a wrong one is tried once, however many ask, and is not in the error', async () => {
    await root.run({ name: 'log', text: ': >/var/log/sudo.log' }, [])
    const fault = await faultOf({ ...environment, SUDO_PASSWORD: 'tr0ub4dor' })
    expect(fault).toMatchObject({ code: 'become-refused', cure: expect.stringContaining('SUDO_PASSWORD') })
    expect(fault.message).not.toMatch(/tr0ub4dor|ssh-tunnels-asks/)
    expect((await readLog()).match(/incorrect password attempt/g)).toHaveLength(1)
  })

  test('none in the environment is told, and so is a sudo that was not told of one', async () => {
    const fault = await faultOf({ ...environment, SUDO_PASSWORD: '' })
    expect(fault).toMatchObject({ code: 'become-password-missing', happened: expect.stringContaining('SUDO_PASSWORD') })
    const { becomePasswordEnv: _, ...untold } = host
    const reached = await reach(untold)
    const why = await reached.run({ name: 'id', text: 'id' }, []).catch((refused: unknown) => refused)
    expect(why).toMatchObject({ code: 'become-refused', cure: expect.stringContaining('becomePasswordEnv') })
    reached.close()
  })
})

test('a proof of the password that nobody has heard the end of does not count: the next program asks again, and a no stays', async () => {
  const said: Ended[] = [
    { kind: 'silent' },
    { kind: 'ran', stdout: `${startMark}\n`, stderr: '', code: 0 },
    { kind: 'ran', stdout: `${startMark}\nhere\n`, stderr: '', code: 0 },
  ]
  const carrier = {
    name: 'middle',
    login: 'admin@middle',
    isRoot: false,
    become: 'sudo',
    password: async () => 'x',
  } as const
  const run = makeRun({ ...carrier, exec: async () => said.shift() ?? { kind: 'silent' } })
  const echo = { name: 'echo', text: 'echo here' }
  await expect(run(echo, [])).rejects.toMatchObject({ code: 'took-too-long' })
  expect((await run(echo, [])).stdout).toBe('here\n')
  let times = 0
  const refused = makeRun({
    ...carrier,
    exec: async () => ({ kind: 'ran', stdout: '', stderr: `${++times}`, code: 1 }),
  })
  for (const _ of [1, 2]) await expect(refused(echo, [])).rejects.toMatchObject({ code: 'become-refused' })
  expect(times).toBe(1)
})
