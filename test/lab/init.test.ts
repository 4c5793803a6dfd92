// init on real hosts: at a terminal, and with flags where there is none; what it writes deploys.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { type Lab, startLab } from '../../lab'
import { readDocument } from '../cli/json-document'
import { typed } from '../typed'
import { type CommandLine, makeCommandLine } from './command-line'

const program = join(__dirname, '../../dist/ssh-tunnels.cjs')
let lab: Lab
let line: CommandLine

beforeAll(async () => {
  lab = await startLab()
  line = makeCommandLine(lab)
  // As ssh-keygen puts it, where nothing is named and no agent runs.
  mkdirSync(join(line.folder, '.ssh'))
  copyFileSync(lab.keyFile, join(line.folder, '.ssh/id_ed25519'))
})
afterAll(async () => {
  await lab?.stop()
  line?.remove()
})

const at = (file: string) => join(line.folder, file)
const read = (file: string) => parse(readFileSync(at(file), 'utf8'))
const atTerminal = (...words: string[]) =>
  typed((argv, options) => lab.spawn('controller', argv, options), ['node', program, ...words], {
    cwd: line.folder,
    env: { HOME: line.folder, TERM: 'xterm' },
  })
/** As the host itself shows it on its console. */
const fingerprintOf = async (host: 'near' | 'middle' | 'far') =>
  (await lab.hosts[host].sh('ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub')).split(' ')[1] ?? ''

test('at a terminal each answer is checked as it is given, and what is written deploys', async () => {
  const [middle, near] = [await fingerprintOf('middle'), await fingerprintOf('near')]
  const screen = atTerminal('init', 'web.yaml')
  /** A login, and what is said to the host key that it shows. */
  const meet = async (host: 'near' | 'middle', login: string, answer: string) => {
    screen.type(login)
    await screen.see(`on the console of ${host} shows?`)
    screen.type(answer)
  }
  await screen.see('Which host opens the port?')
  screen.type('root@')
  await screen.see('root@ is no login; as in root@203.0.113.20:22')
  screen.type('nowhere.example')
  await screen.see('the name nowhere.example cannot be resolved')
  screen.type('203.0.113.20:9')
  await screen.see('cannot reach middle at 203.0.113.20:9')
  await meet('middle', '203.0.113.20', near)
  expect(screen.screen()).toContain(`203.0.113.20 answers; its host key is ssh-ed25519 ${middle}`)
  await screen.see('the host key of 203.0.113.20 is not confirmed, so nobody logs in there')
  await meet('middle', '203.0.113.20', middle)
  await screen.see('login as root works')
  await screen.see('Which machine reaches the service?')
  await meet('near', 'nobody@198.51.100.10', 'yes')
  await screen.see('near refused the login as nobody@198.51.100.10:22')
  await meet('near', 'admin@198.51.100.10 via middle', 'yes')
  await screen.see('login as admin works, and sudo makes it root')
  await screen.see('near reaches middle at 203.0.113.20:22')
  await screen.see('as that machine sees it?')
  screen.type('far')
  await screen.see(/far .*HOST:PORT|far has no port|has no port/)
  screen.type('far:80')
  await screen.see('near reaches far:80')
  await screen.see('[203.0.113.20:8080]')
  screen.type('203.0.113.99:8080')
  await screen.see('203.0.113.99 is not an address of middle')
  screen.type('')
  await screen.see('Who may connect?')
  screen.type('192.0.2.0/24')
  await screen.see('web.yaml is written: tunnel far-web, 2 hosts')
  await screen.see('ssh-tunnels plan web.yaml')
  expect(await screen.ended()).toBe(0)

  expect(read('web.yaml')).toMatchObject({
    hosts: {
      middle: { address: '203.0.113.20', hostKey: lab.hosts.middle.hostKey, identityFile: '~/.ssh/id_ed25519' },
      near: {
        address: '198.51.100.10',
        user: 'admin',
        become: 'sudo',
        hostKey: lab.hosts.near.hostKey,
        via: ['middle'],
      },
    },
    tunnels: {
      'far-web': { forward: 'remote', listen: '203.0.113.20:8080', far: 'far:80', allowFrom: ['192.0.2.0/24'] },
    },
  })
  const applied = await line.run('apply', 'web.yaml')
  expect(applied).toMatchObject({ code: 0 })
  expect((await line.run('destroy', 'web.yaml')).code).toBe(0)
})

test('Ctrl-C and the end of the input leave nothing behind', async () => {
  for (const [key, name] of [
    ['\x03', 'c.yaml'],
    ['\x04', 'd.yaml'],
  ] as const) {
    const screen = atTerminal('init', name)
    await screen.see('Which host opens the port?')
    screen.press(key)
    await screen.see('stopped; nothing was written')
    expect(await screen.ended()).toBe(130)
  }
  expect(readdirSync(line.folder).filter(file => /^[cd]\./.test(file))).toEqual([])
})

describe('without a terminal', () => {
  const flags = [
    '--middle',
    '203.0.113.20',
    '--from',
    'middle',
    '--far',
    'far:22',
    '--listen',
    '110',
    '--allow-from',
    'everybody',
  ]
  const fromNear = [
    '--middle',
    '203.0.113.20',
    '--from',
    'admin@198.51.100.10',
    '--far',
    'far:80',
    '--allow-from',
    'everybody',
  ]
  const trust = async () => ['--fingerprint', await fingerprintOf('middle')]

  test('it names the flags that are missing', async () => {
    const { code, stderr } = await line.run('init', 'flags.yaml', '--far', 'far:22')
    expect(stderr).toContain('give --middle, --from, --allow-from (and --listen')
    expect(code).toBe(1)
  })

  test('a host key that nobody has confirmed is shown, and not trusted', async () => {
    const { code, stderr } = await line.run('init', 'flags.yaml', ...flags)
    expect(stderr).toContain(`add --fingerprint ${await fingerprintOf('middle')}`)
    expect(code).toBe(1)
    const other = await line.run('init', 'flags.yaml', ...flags, '--fingerprint', 'SHA256:AAAA', '--json')
    expect(readDocument('init', other.stdout).errors[0].message).toContain('nobody has confirmed')
    expect(existsSync(at('flags.yaml'))).toBe(false)
  })

  test('with all of them it writes, and writes over nothing', async () => {
    const first = await line.run('init', 'flags.yaml', ...flags, ...(await trust()), '--json')
    expect(readDocument('init', first.stdout)).toMatchObject({
      tunnel: 'far-ssh',
      hosts: [{ name: 'middle', hostKey: lab.hosts.middle.hostKey, become: null }],
      errors: [],
    })
    expect(read('flags.yaml').tunnels['far-ssh']).toMatchObject({
      client: 'middle',
      forward: 'local',
      listen: '203.0.113.20:110',
    })
    expect((await line.run('validate', 'flags.yaml')).code).toBe(0)

    writeFileSync(at('flags.yaml'), 'mine')
    const second = await line.run('init', 'flags.yaml', ...flags, ...(await trust()))
    expect(second).toMatchObject({ code: 1, stdout: '' })
    expect(second.stderr).toContain('flags.yaml is there already')
    expect(readFileSync(at('flags.yaml'), 'utf8')).toBe('mine')
    expect((await line.run('init', 'flags.yaml', ...flags, ...(await trust()), '--force')).code).toBe(0)
    expect((await line.run('plan', 'flags.yaml')).stdout).toContain('1 to add')
  })

  test('jump hosts are met first, and who is behind them is reached through them', async () => {
    const fingerprints = await Promise.all((['far', 'middle', 'near'] as const).map(fingerprintOf))
    const trusted = fingerprints.flatMap(one => ['--fingerprint', one])
    const way = (via: string) => line.run('init', 'way.yaml', ...fromNear, '--via', via, ...trusted)
    expect((await way('root@')).stderr).toContain('root@ is no jump host; as in root@203.0.113.30:22, or middle')
    // From far nobody gets to a port that is closed.
    expect((await way('192.0.2.130:23')).stderr).toContain('cannot reach bastion at 192.0.2.130:23')
    expect(existsSync(at('way.yaml'))).toBe(false)

    const { code, stderr } = await way('192.0.2.130,middle')
    expect({ code, stderr }).toMatchObject({ code: 0 })
    expect(stderr.match(/login as \w+ works/g)).toEqual([
      'login as root works',
      'login as root works',
      'login as admin works',
    ])
    expect(read('way.yaml').hosts).toMatchObject({
      bastion: { address: '192.0.2.130', hostKey: lab.hosts.far.hostKey },
      middle: { via: ['bastion'] },
      near: { via: ['bastion', 'middle'] },
    })
    expect((await line.run('plan', 'way.yaml')).stdout).toContain('1 to add')
  })

  test('near has to reach middle itself, for its ssh goes there', async () => {
    const { middle } = lab.hosts
    await middle.sh('nft insert rule inet filter input ip saddr 198.51.100.10 tcp dport 22 reject')
    const trusted = ['--fingerprint', await fingerprintOf('near'), ...(await trust())]
    const { code, stderr } = await line.run('init', 'cut.yaml', ...fromNear, ...trusted)
    expect([code, stderr]).toEqual([1, expect.stringContaining('near gets no answer from 203.0.113.20:22')])
    await middle.sh('systemctl reload nftables')
  })

  test('a host that known_hosts has needs no fingerprint; one that it has with another key is refused', async () => {
    const known = at('.ssh/known_hosts')
    copyFileSync(lab.knownHosts, known)
    expect((await line.run('init', 'known.yaml', ...flags)).code).toBe(0)
    writeFileSync(known, `203.0.113.20 ${lab.hosts.near.hostKey}\n`)
    const { code, stderr } = await line.run('init', 'other.yaml', ...flags, ...(await trust()))
    expect(stderr).toContain('its host key is not the expected one')
    expect(code).toBe(1)
  })
})
