// The doctor on real hosts: the tutorial's four problems by name, each cured; a host that is away costs its own tunnels; exit statuses.
import { type Lab, startLab } from '../../lab'
import { readDocument } from '../cli/json-document'
import { type Ailment, ailmentsOf } from '../wide/doctor/ailments'
import { type CommandLine, makeCommandLine } from './command-line'
import { makeTerminal, type Terminal } from './terminal'

let lab: Lab
let command: CommandLine

beforeAll(async () => {
  lab = await startLab()
  command = makeCommandLine(lab)
  const { hostOf } = command
  command.write('tunnels.yaml', {
    owner: 'doctor',
    hosts: { near: hostOf('near'), middle: hostOf('middle'), far: hostOf('far') },
    tunnels: {
      web: {
        client: 'near',
        server: 'middle',
        forward: 'remote',
        listen: '203.0.113.20:8080',
        far: 'far:80',
        serverAlive: { interval: 5, countMax: 1 },
      },
      onward: { client: 'middle', server: 'far', forward: 'local', listen: '203.0.113.20:110', far: '127.0.0.1:22' },
    },
  })
})
afterAll(async () => {
  await lab?.stop()
  command?.remove()
})

const doctor = (...words: string[]) => command.run('doctor', 'tunnels.yaml', ...words)

async function askJson(...words: string[]) {
  const { code, stdout } = await doctor('--json', ...words)
  return { code, ...readDocument('doctor', stdout) }
}

test('what is not there yet is said to be so, --fix shows the plan and without a terminal does nothing', async () => {
  const { code, stdout } = await doctor('web', '--fix')
  expect(code).toBe(3)
  expect(stdout).toMatch(
    /^ {2}FAIL {2}nothing of the tunnel web is on its hosts\n {8}cure: ssh-tunnels doctor tunnels\.yaml web --fix$/m,
  )
  expect(stdout).toMatch(/^ {2}- {5}far: not reached, so not judged$/m)
  expect(stdout).toMatch(
    /--fix would do this:[\s\S]*\+ tunnel "web" \{[\s\S]*nothing was changed: there is no terminal/,
  )
  expect(await lab.hosts.near.sh('ls /etc/ssh-tunnels 2>/dev/null || :')).toBe('')
})

test('with --yes it makes them, and then each that is well is one line', async () => {
  const { code, stdout } = await doctor('--fix', '--yes')
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(/\nok +web +far \(far:80\) answers .*\nok +onward +far .*\n\n2 tunnels: 2 ok\.\n$/),
  ])
})

test('one tunnel that is named shows all its checks, and they are all well', async () => {
  const { code, stdout, stderr } = await doctor('web')
  expect(code).toBe(0)
  expect(stdout).toMatch(/AllowTcpForwarding remote, PermitListen 203\.0\.113\.20:8080, GatewayPorts clientspecified/)
  expect(stdout).toMatch(/large packets come through between near and middle/)
  expect(
    stdout
      .split('\n')
      .slice(1, -1)
      .filter(line => !/^ {2}ok {4}/.test(line)),
  ).toEqual([])
  expect(`${stdout}${stderr}`).not.toContain('\x1b')
})

const all = ailmentsOf('bookworm')
const one = (problem: Ailment['problem'], what: RegExp) =>
  all.find(ailment => ailment.problem === problem && what.test(ailment.what)) as Ailment

test.each([
  one('firewall', /drops the port/),
  one('forwarding', /a file that is read before ours/),
  one('binding', /our drop-in is away/),
  one('keepalive', /our own unit/),
])('$problem: $what is recognised and cured', async ({ make, link, says, undo }) => {
  await make?.(lab)
  const { code, errors, tunnels, fix } = await askJson('web', '--fix', '--yes')
  const [{ first }] = fix.before
  expect(first?.link).toBe(link)
  for (const words of says) expect(`${first.what}\n${first.evidence}`).toMatch(words)
  expect([code, errors, tunnels[0].verdict]).toEqual([0, [], 'ok'])
  await undo?.(lab)
})

test('a host that is away costs its own tunnels only', async () => {
  await lab.hosts.far.sh('systemctl stop ssh')
  const { code, tunnels } = await askJson()
  await lab.hosts.far.sh('systemctl start ssh')
  expect(code).toBe(3)
  const [web, onward] = tunnels
  expect([web.verdict, onward.verdict]).toEqual(['ok', 'fail'])
  expect(onward.first).toMatchObject({ link: 'reached', host: 'far', code: 'host-unreachable' })
  expect(onward.checks.at(-1)).toMatchObject({ status: 'not judged' })
})

describe('in a terminal', () => {
  const unit = '/etc/systemd/system/tunnel-web.service'
  const textOf = () => lab.hosts.near.sh(`cat ${unit}`)
  let terminal: Terminal
  let whole: string
  let edited: string

  beforeAll(async () => {
    whole = await textOf()
    await lab.hosts.near.sh(`sed -i 's/ServerAliveInterval=5/ServerAliveInterval=0/' ${unit}`)
    edited = await textOf()
    terminal = await makeTerminal(lab, command, { columns: 120, rows: 70 })
  })
  afterAll(() => terminal?.end())
  const begin = async () => {
    await terminal.type('clear; tunnels doctor tunnels.yaml web --fix\n')
    return terminal.see(/^--fix would do this:$[\s\S]*^Do this\? \[y\/N\]/m)
  }

  test('it shows what it would do, asks, and takes an Enter and Ctrl-C for a no', async () => {
    expect(await begin()).toMatch(/^ {2}FAIL {2}.* has ServerAliveInterval 0, not 5/m)
    await terminal.type('\n')
    await terminal.see(/^nothing was changed\n(.*\n)*exit 3$/m)
    await begin()
    await terminal.type('\x03')
    await terminal.see(/stopped; nothing was changed\nexit 130$/m)
    expect(await textOf()).toBe(edited)
  })

  test('its words are coloured, and not where NO_COLOR is set', async () => {
    await terminal.type('clear; NO_COLOR= tunnels doctor tunnels.yaml web\n')
    const shown = await terminal.see(/exit 3/, 'coloured')
    for (const word of ['\x1b[32mok', '\x1b[31mFAIL']) expect(shown).toContain(word)
    await terminal.type('clear; tunnels doctor tunnels.yaml web\n')
    expect(await terminal.see(/exit 3/, 'coloured')).not.toContain('\x1b[3')
  })

  test('Ctrl-C in the middle lets what runs come to its end, and the host is as it was or whole', async () => {
    const { near } = lab.hosts
    const held = '/usr/local/bin/systemctl'
    await near.writeFile(
      held,
      '#!/bin/sh\n[ "$1" != daemon-reload ] || { : >/run/held; while [ ! -e /run/go ]; do sleep 0.1; done; }\nexec /bin/systemctl "$@"\n',
    )
    await near.sh(`chmod 755 ${held}`)
    await begin()
    await terminal.type('y\n')
    await near.sh('while [ ! -e /run/held ]; do sleep 0.1; done')
    await terminal.type('\x03')
    await terminal.see(/stopping: what runs now comes to its end; once more ends at once$/m)
    await near.sh(': >/run/go')
    await terminal.see(/^exit 130$/m)
    await near.sh(`rm ${held} /run/held /run/go`)
    expect([whole, edited]).toContain(await textOf())
    const { code, tunnels } = await askJson('web', '--fix', '--yes')
    expect([code, tunnels[0].verdict, await textOf()]).toEqual([0, 'ok', whole])
    expect((await command.run('plan', 'tunnels.yaml', '--only', 'web', '--detailed-exitcode')).code).toBe(0)
  })
})

test('words that the spec does not know are an error, and no verdict', async () => {
  const { code, stdout, stderr } = await doctor('wbe')
  expect([code, stdout, stderr]).toEqual([1, '', 'tunnels.yaml has no tunnel wbe; did you mean web?\n'])
})
