// A login that becomes root with the real sudo, as administrators set it up: what its log shows, what arrives, and what ends.
import { chmodSync } from 'node:fs'
import { Fault } from '../../engine/fault'
import { type Reach, reach } from '../../engine/host'
import { scripts } from '../../engine/remote/texts'
import { oddArguments, showArguments } from './odd-arguments'
import { type Lab, makeLab } from './sshd'

let lab: Lab
let root: Reach
let admin: Reach

beforeAll(async () => {
  lab = makeLab()
  const { host } = await lab.startSshd('middle')
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
