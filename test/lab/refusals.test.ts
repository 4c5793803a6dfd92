// What cannot work is refused in words that say why, and nothing of it stays on any host or in the state.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Lab, startLab } from '../../lab'
import { errorOf, fetchPage, fingerprints, hostsOf, makeStack, type Resources, type Said, type Stack } from './stack'

let lab: Lab
let stack: Stack
let host: ReturnType<typeof hostsOf>

beforeAll(async () => {
  lab = await startLab()
  stack = await makeStack(lab)
  host = hostsOf(lab)
})
afterAll(async () => {
  await lab?.stop()
  stack?.remove()
})

describe('deploys of thirteen tunnels that cannot work', () => {
  const says: Readonly<Record<string, readonly string[]>> = {
    'wrong-host-key': [
      'Error: will not log in to middle: its host key is not the expected one',
      'expected ssh-ed25519 SHA256:',
      "(the spec's hostKey)",
      'offered ssh-ed25519 SHA256:',
    ],
    'unknown-host-key': [
      'Error: will not log in to middle: its host key is not known',
      'has no line for 203.0.113.20',
      'set hostKey: ssh-ed25519 AAAA',
    ],
    'wrong-login': [
      'Error: middle refused the login as ghost@203.0.113.20:22',
      'tried: publickey with',
      'check user and identityFile',
    ],
    'no-identity': ['Error: cannot log in to middle with /nowhere/id', 'the file does not exist'],
    'host-down': ['Error: cannot reach near at 198.51.100.10:22', 'no answer in 15 s'],
    'no-sudo': ['Error: guest@192.0.2.130:22 cannot become root on far with sudo', 'NOPASSWD: ALL'],
    'not-root': ['Error: cannot change anything on middle: admin@203.0.113.20:22 is not root', 'set become: sudo'],
    'port-taken': ['Error: port 8080 on middle is taken', /nc \(pid \d+\) listens on 203\.0\.113\.20:8080/.source],
    foreign: ['Error: middle already has an account tun-foreign, and it is not ours', 'give the tunnel another name'],
    'no-address': ['Error: middle has no address 203.0.113.21 to listen on', 'its addresses: 127.0.0.1'],
    'far-silent': [
      'Error: 203.0.113.20:8091 is listened on, but far (far:81) does not answer through it',
      'see that the service on far:81 runs and that middle reaches it',
    ],
    'far-away': [
      'Error: 203.0.113.20:8093 is listened on, but far (192.0.2.200:81) does not answer through it',
      'middle cannot connect to 192.0.2.200:81',
    ],
    'far-silent-remote': [
      'Error: 203.0.113.20:8092 is listened on, but far (127.0.0.1:81) does not answer through it',
      'connect_to 127.0.0.1 port 81: failed.',
    ],
  }
  /** An apply would stop at the first six, and at the others if they stay so. */
  const foreseen = [
    ...['wrong-host-key', 'wrong-login', 'no-sudo', 'not-root', 'port-taken', 'foreign'],
    ...['unknown-host-key', 'no-identity', 'host-down', 'no-address'],
  ]
  let waiting: Stack
  let plan: Pick<Said, 'text'>
  let said: Pick<Said, 'text'>
  let codes: number[][]
  let before: Awaited<ReturnType<typeof fingerprints>>

  /** All of its tunnels at once: what it plans, and what the apply of just that says. */
  async function deploy(where: Stack): Promise<readonly [Said, Said]> {
    const all = '-parallelism=20'
    return [await where.plan(all, '-out=plan'), await where.run(['apply', all, 'plan'])]
  }

  beforeAll(async () => {
    waiting = await makeStack(lab)
    const empty = join(stack.folder, 'known_hosts')
    writeFileSync(empty, '')
    const base = { forward: 'local', far: 'far:80' }
    const listen = (last: number) => `203.0.113.20:${8080 + last}`
    const onMiddle = (last: number, further: object) => {
      const middle = host('middle', further)
      return { ...base, listen: listen(last), client: middle, server: middle }
    }
    const tunnels: Resources = {
      'wrong-host-key': onMiddle(1, { host_key: lab.hosts.far.hostKey, known_hosts: null }),
      'unknown-host-key': onMiddle(2, { known_hosts: empty }),
      'wrong-login': onMiddle(3, { user: 'ghost' }),
      'no-identity': onMiddle(4, { identity_file: '/nowhere/id' }),
      'host-down': { ...base, forward: 'remote', listen: listen(5), client: host('near'), server: host('middle') },
      'no-sudo': {
        ...base,
        listen: listen(6),
        client: host('middle'),
        server: host('far', { user: 'guest', become: 'sudo' }),
      },
      'not-root': onMiddle(7, { user: 'admin' }),
      'port-taken': onMiddle(0, {}),
      foreign: onMiddle(8, {}),
      'no-address': { ...onMiddle(9, { addresses: ['203.0.113.21'] }), listen: '203.0.113.21:8089' },
      'far-silent': { ...onMiddle(11, {}), far: 'far:81' },
      // Nobody has this address, so the connection hangs for a while.
      'far-away': { ...onMiddle(13, {}), far: '192.0.2.200:81' },
      'far-silent-remote': {
        forward: 'remote',
        listen: listen(12),
        far: '127.0.0.1:81',
        client: host('far'),
        server: host('middle'),
      },
    }
    expect(Object.keys(tunnels)).toEqual(Object.keys(says))
    await lab.hosts.middle.sh('useradd tun-foreign; systemd-run --quiet --unit=squatter nc -lk 203.0.113.20 8080')
    // Who deploys with it waits as often as it does not answer: by the plan, and three times by the apply.
    const { 'host-down': away = {}, ...others } = tunnels
    stack.declare(others)
    waiting.declare({ 'host-down': away })
    before = await fingerprints(lab)
    await lab.cutLink('near')
    const [ended, last] = await Promise.all([deploy(stack), deploy(waiting)])
    await lab.healLink('near')
    codes = [ended, last].map(told => told.map(({ code }) => code))
    const together = (at: 0 | 1) => ({ text: ended[at].text + last[at].text })
    ;[plan, said] = [together(0), together(1)]
  }, 300_000)
  afterAll(async () => {
    await lab.hosts.middle.sh('systemctl stop squatter; userdel -r tun-foreign 2>/dev/null || :')
    waiting?.remove()
  })

  test.each(Object.entries(says))('says why: %s', (tunnel, words) => {
    const error = errorOf(said, tunnel)
    if (error === '') throw new Error(`no error about ${tunnel}:\n${said.text}`)
    for (const word of words) expect(error).toMatch(word.startsWith('nc ') ? new RegExp(word) : word)
  })

  test.each(foreseen)('the plan warns beforehand: %s', tunnel => {
    const [first = ''] = says[tunnel] ?? []
    expect(errorOf(plan, tunnel, 'Warning')).toContain(first.replace('Error: ', 'Warning: '))
    expect(errorOf(plan, tunnel)).toBe('')
  })

  test('leaves nothing on the hosts, and nothing in the state', async () => {
    expect(codes).toEqual([
      [2, 1],
      [2, 1],
    ])
    expect(await fingerprints(lab)).toEqual(before)
    for (const one of [stack, waiting]) expect(one.state()?.resources ?? []).toEqual([])
    expect(await fetchPage(lab, 8091)).toBeUndefined()
  })
})

test('a wrong value is told with file, line and what would be right, all of them at once', async () => {
  const ends = { client: host('middle'), server: host('middle') }
  const good = { ...ends, forward: 'local', listen: '203.0.113.20:8080', far: 'far:80' }
  stack.declare({
    'no-port': { ...good, listen: '203.0.113.20' },
    sideways: { ...good, forward: 'sideways' },
    'far-nowhere': { ...good, far: 'far' },
    'bad-network': { ...good, allow_from: ['198.51.100.0/24', '198.51.100.0/240'] },
    'bad-interval': { ...good, server_alive: { interval: 0 } },
    'bad-key': { ...good, client: host('middle', { host_key: 'ssh-ed25519 AAAA' }) },
    'Bad-Name': good,
  })
  const said = await stack.plan()
  expect(said.code).toBe(1)
  const says = {
    'no-port': /listen .*(port|PORT)/,
    sideways: /forward must be equal to one of the allowed values: local, remote/,
    'far-nowhere': /far .*HOST:PORT/,
    'bad-network': /198\.51\.100\.0\/240 is not an IP address or network/,
    'bad-interval': /server_alive.interval must be >= 1/,
    'bad-key': /host_?[kK]ey of middle is not a whole ssh-ed25519 key/,
    'Bad-Name': /name must match pattern/,
  }
  for (const [tunnel, words] of Object.entries(says)) {
    expect(errorOf(said, tunnel)).toMatch(words)
    expect(errorOf(said, tunnel)).toMatch(/on main\.tf\.json line \d+, in resource/)
  }
})

test('an argument that does not exist is refused', async () => {
  const ends = { client: host('middle'), server: host('middle') }
  stack.declare({ web: { ...ends, forward: 'local', listen: '203.0.113.20:8080', far: 'far:80', lisen: 'x' } })
  const { code, text } = await stack.plan()
  expect(code).toBe(1)
  expect(text).toContain('No argument or block type is named "lisen"')
})
