// A tunnel of several forwards, of every kind, on real hosts: each proved by itself, one added and one taken out, and all of it gone.
import { type Lab, startLab } from '../../lab'
import { killGroup, waitFor } from '../../lab/command'
import { type CommandLine, makeCommandLine } from './command-line'
import { fetchPage, fingerprints, hostsOf, listeners, makeStack, readBanner, type Stack } from './stack'

let lab: Lab
let stack: Stack
let line: CommandLine
let before: Awaited<ReturnType<typeof fingerprints>>
let listenedBefore: string[][]

const web = { forward: 'remote', listen: '203.0.113.20:8080', far: 'far:80' }
const ssh = { name: 'ssh', forward: 'remote', listen: '203.0.113.20:2222', far: 'server935:22' }
const near = { forward: 'local', listen: '198.51.100.10:8081', far: 'far:80' }
const database = { forward: 'local', listen: '127.0.0.1:5432', far: 'far:80', probe: 'http' }
const proxy = { name: 'proxy', forward: 'dynamic', listen: '127.0.0.1:1080', far: 'server935:22' }

const declare = (forwards: readonly object[], further = {}) => {
  const host = hostsOf(lab)
  stack.declare({ office: { forwards, client: host('near'), server: host('middle'), ...further } })
}
/** Beside what listens there anyway. */
const listening = async () => {
  const now = await Promise.all((['near', 'middle'] as const).map(name => listeners(lab, name)))
  return now.map((lines, at) => lines.filter(one => !listenedBefore[at]?.includes(one)))
}
const answers = (proofs: readonly { answered: boolean | null }[]) => proofs.map(({ answered }) => answered)

beforeAll(async () => {
  lab = await startLab()
  stack = await makeStack(lab)
  line = makeCommandLine(lab)
  before = await fingerprints(lab)
  listenedBefore = await Promise.all((['near', 'middle'] as const).map(name => listeners(lab, name)))
})
afterAll(async () => {
  await lab?.stop()
  stack?.remove()
  line?.remove()
})

test('one deploy brings all of them up by one ssh, and proves each', async () => {
  declare([web, ssh, near, database, proxy], { allow_from: ['192.0.2.64/26'] })
  const planned = await stack.plan()
  expect(planned.text).toContain('"203.0.113.20:8080"')
  await stack.mustApply()
  const { endpoint, endpoints, proof, proofs, command, sshd, authorized_key } = stack.attributes('office')
  expect([endpoint, endpoints]).toEqual([
    '203.0.113.20:8080',
    ['203.0.113.20:8080', '203.0.113.20:2222', '198.51.100.10:8081', '127.0.0.1:5432', '127.0.0.1:1080'],
  ])
  expect(answers(proofs)).toEqual([true, true, true, true, true])
  expect(proof.answered).toBe(true)
  expect(command).toBe(
    'ssh -N -R 203.0.113.20:8080:far:80 -R 203.0.113.20:2222:server935:22 -L 198.51.100.10:8081:far:80 -L 127.0.0.1:5432:far:80 -D 127.0.0.1:1080 tun-office@203.0.113.20',
  )
  expect(sshd).toMatchObject({
    allow_tcp_forwarding: 'yes',
    permit_listen: ['203.0.113.20:8080', '203.0.113.20:2222'],
    permit_open: ['any'],
  })
  expect(authorized_key.options).toContain('permitlisten="203.0.113.20:8080",permitlisten="203.0.113.20:2222"')
  expect(await listening()).toEqual([
    ['ssh 127.0.0.1:1080', 'ssh 127.0.0.1:5432', 'ssh 198.51.100.10:8081'],
    ['sshd 203.0.113.20:2222', 'sshd 203.0.113.20:8080'],
  ])
  expect((await lab.hosts.near.sh('pgrep -cu tun-office ssh')).trim()).toBe('1')
  expect(await stack.plan()).toMatchObject({ code: 0 })
})

test('visitors are let in to each by what it or the tunnel says, on either host', async () => {
  expect(await fetchPage(lab, 8080)).toBe('hello from far\n')
  expect(await readBanner(lab, 2222)).toMatch(/^SSH-2\.0-/)
  expect(await fetchPage(lab, 8080, 'controller')).toBeUndefined()
  const rules = async (name: 'near' | 'middle') =>
    (await lab.hosts[name].sh('nft list ruleset | grep ssh-tunnels || :')).match(/dport \d+/g)
  expect(stack.attributes('office').firewall.opens).toEqual([
    '203.0.113.20 tcp/8080 from 192.0.2.64/26',
    '203.0.113.20 tcp/2222 from 192.0.2.64/26',
  ])
  expect(stack.attributes('office').other_firewall.opens).toEqual(['198.51.100.10 tcp/8081 from 192.0.2.64/26'])
  expect(await rules('middle')).toEqual(expect.arrayContaining(['dport 8080', 'dport 2222']))
})

test('what somebody takes from one of them on either host is drift, and put right', async () => {
  await lab.hosts.middle.sh(
    "sed -i 's/PermitListen .*/PermitListen 203.0.113.20:8080/' /etc/ssh/sshd_config.d/*office*",
  )
  const planned = await stack.plan()
  expect(planned.code).toBe(2)
  expect(planned.text).toContain('permit_listen')
  await stack.mustApply()
  expect(await stack.plan()).toMatchObject({ code: 0 })
})

test('a far that falls silent is told of its forward, and of no other', async () => {
  declare([web, { ...ssh, far: 'server935:2299', probe: 'ssh warn' }, database])
  const applied = await stack.run(['apply', '-auto-approve'])
  expect(applied.text).toContain('office/ssh')
  const { proof, proofs } = stack.attributes('office')
  expect(answers(proofs)).toEqual([true, false, true])
  expect(proof.answered).toBe(false)
})

test('forwards are added, taken out and changed in place; to one alone it comes back, on either host', async () => {
  declare([web, database])
  await stack.mustApply()
  expect(await listening()).toEqual([['ssh 127.0.0.1:5432'], ['sshd 203.0.113.20:8080']])
  const host = hostsOf(lab)
  stack.declare({ office: { ...near, client: host('near'), server: host('middle') } })
  expect((await stack.plan()).text).toContain('will be updated in-place')
  await stack.mustApply()
  expect(await listening()).toEqual([['ssh 198.51.100.10:8081'], []])
  expect(stack.attributes('office')).toMatchObject({ endpoints: null, proofs: null, other_firewall: null })
  expect(await stack.plan()).toMatchObject({ code: 0 })
})

/** A visitor who has logged in to far and stays: whether what he says comes back over the connection that he has. He comes by a port of a host, or by what a program there connects to. */
function stay(by: readonly string[], port = 22) {
  const options = ['-o', 'HostKeyAlias=far', '-o', `UserKnownHostsFile=${lab.knownHosts}`, '-o', 'BatchMode=yes']
  const [address = ''] = by
  const way = by.length > 1 ? ['-o', `ProxyCommand=${by.join(' ')}`] : ['-p', `${port}`]
  const argv = ['ssh', '-F', 'none', '-i', lab.keyFile, ...options, ...way, `guest@${address}`, 'cat']
  const child = lab.spawn('visitor', argv, { stdio: ['pipe', 'pipe', 'ignore'] })
  let heard = ''
  let ended = false
  child.stdout?.on('data', data => (heard += data))
  child.once('exit', () => (ended = true))
  child.stdin?.on('error', () => {})
  return {
    async isHeard(word: string) {
      child.stdin?.write(`${word}\n`)
      await waitFor(`an answer to ${word}`, async () => ended || heard.includes(word) || undefined)
      return !ended
    },
    leave: () => killGroup(child.pid),
  }
}

const cut = /will cut open connections/

describe('while a visitor of one of them stays', () => {
  let visitor: ReturnType<typeof stay>
  afterAll(() => visitor?.leave())

  test('others are taken out', async () => {
    declare([web, ssh, database, proxy])
    await stack.mustApply()
    visitor = stay(['203.0.113.20'], 2222)
    expect(await visitor.isHeard('first')).toBe(true)
    await change([{ ...web, far: 'server935:80' }, ssh, database], {})
  })

  test('others get another listener, and keepalives and visitors change', async () => {
    const further = { server_alive: { interval: 18, count_max: 4 }, allow_from: ['192.0.2.64/26'] }
    await change([ssh, { ...database, listen: '127.0.0.1:5433' }], further)
    expect(await listening()).toEqual([['ssh 127.0.0.1:5433'], ['sshd 203.0.113.20:2222']])
    expect(stack.attributes('office')).toMatchObject({
      sshd: { permit_listen: ['203.0.113.20:2222'], client_alive_interval: 18 },
      proofs: [{ answered: true }, { answered: true }],
    })
  })

  test('labels change, and nothing on the hosts', async () => {
    const stands = await fingerprints(lab)
    const forwards = [ssh, { ...database, listen: '127.0.0.1:5433' }]
    const further = { server_alive: { interval: 18, count_max: 4 }, allow_from: ['192.0.2.64/26'] }
    for (const labels of [{ costCentre: 'a "web"', 'app.io/name': 'office' }, { cost_centre: 'b' }]) {
      declare(forwards, { ...further, labels })
      const { text } = await stack.plan()
      expect(text).toContain('Plan: 0 to add, 1 to change, 0 to destroy.')
      expect(text.match(/^ +[~+-] \S+/gm)?.map(line => line.trim())).toEqual(
        expect.arrayContaining(['~ resource', expect.stringMatching(/^. labels$/)]),
      )
      expect(text).not.toContain('known after apply')
      await stack.mustApply()
      expect(stack.attributes('office').labels).toEqual(labels)
      expect(await stack.plan()).toMatchObject({ code: 0 })
    }
    expect(await visitor.isHeard('labelled')).toBe(true)
    expect(await fingerprints(lab)).toEqual(stands)
  })

  /** What cuts nobody off. */
  async function change(forwards: readonly object[], further: object) {
    declare(forwards, further)
    expect((await stack.plan()).text).not.toMatch(cut)
    await stack.mustApply()
    expect(await visitor.isHeard(`with ${forwards.length}`)).toBe(true)
    expect(await stack.plan()).toMatchObject({ code: 0 })
  }

  test('one that the session was not allowed is added: the plan says that it cuts', async () => {
    declare([ssh, web])
    expect((await stack.plan()).text).toMatch(/office will cut open connections[\s\S]*the rights that it began with/)
    await stack.mustApply()
    expect(await visitor.isHeard('last')).toBe(false)
    expect(await fetchPage(lab, 8080)).toBe('hello from far\n')
    expect(await stack.plan()).toMatchObject({ code: 0 })
  })
})

test('an ssh that does not do as it is told is begun anew', async () => {
  await lab.hosts.near.sh('rm /run/tunnel-office/control')
  declare([ssh])
  await stack.mustApply()
  expect(await listening()).toEqual([[], ['sshd 203.0.113.20:2222']])
  expect(await stack.plan()).toMatchObject({ code: 0 })
  await lab.hosts.near.sh('systemctl kill -s KILL tunnel-office')
  await waitFor('the port', async () => (await readBanner(lab, 2222)) || undefined)
  expect(await lab.hosts.near.sh('ls /run/tunnel-office')).toBe('control')
})

test('without a trace', async () => {
  stack.declare({})
  await stack.mustApply()
  expect(await fingerprints(lab)).toEqual(before)
})

test('by the command: a row for each in what it did, in status, and in the doctor', async () => {
  const hosts = { near: line.hostOf('near'), middle: line.hostOf('middle') }
  const forwards = [web, ssh, { forward: 'dynamic', listen: '127.0.0.1:1080' }]
  line.write('tunnels.yaml', { hosts, tunnels: { office: { client: 'near', server: 'middle', forwards } } })
  const applied = await line.runTunnels('apply')
  expect(applied.said).toMatch(/office\/1 +203\.0\.113\.20:8080 +HTTP/)
  expect(applied.said).toMatch(/office\/ssh +203\.0\.113\.20:2222 +SSH-2\.0/)
  const status = await line.must('status', 'tunnels.yaml', '--json')
  const rows = JSON.parse(status).tunnels.map(({ name, state }: Record<string, string>) => [name, state])
  expect(rows).toEqual([
    ['office/1', 'up'],
    ['office/ssh', 'up'],
    ['office/3', 'up'],
  ])
  expect(await line.must('doctor', 'tunnels.yaml')).toContain('office')
  expect(await line.must('plan', 'tunnels.yaml')).toContain('No changes.')
  await line.must('destroy', 'tunnels.yaml')
  expect(await fingerprints(lab)).toEqual(before)
})

describe('by the command, while visitors of all kinds of tunnels stay', () => {
  const far = 'server935:22'
  const all = ['192.0.2.64/26', '192.0.2.10']
  const ends = { client: 'near', server: 'middle' }
  const sockets = '/var/lib/ssh-tunnels-sockets'
  const open = (listen: string) => ({ ...ends, forward: 'remote', listen, far })
  const local = (listen: string) => ({ ...ends, forward: 'local', listen, far })
  const write = (further: object, visits: object, change: Readonly<Record<string, object>> = {}) => {
    const tunnels: Record<string, object> = {
      remote: { ...open('203.0.113.20:2231'), ...visits },
      own: { ...local('203.0.113.20:2232'), server: undefined, client: 'middle', ...visits },
      // Nothing but a table of ours keeps others out there.
      fenced: { ...local('198.51.100.10:2233'), ...visits },
      proxy: { ...ends, forward: 'dynamic', listen: '127.0.0.1:1081', far },
      socket: local(`${sockets}/socket/ssh`),
      back: open(`${sockets}/back/ssh`),
      one: { ...open('203.0.113.20:2234'), connection: 'shared', ...visits },
      other: { ...local('127.0.0.1:2235'), connection: 'shared' },
    }
    const hosts = { near: line.hostOf('near'), middle: line.hostOf('middle') }
    const named = Object.entries(tunnels).map(([name, one]) => [name, { ...one, ...further, ...change[name] }])
    line.write('all.yaml', { owner: 'all', hosts, tunnels: Object.fromEntries(named) })
  }
  /** By what a plan says that it cuts. */
  const cuts = async () => {
    const { changes } = JSON.parse((await line.run('plan', 'all.yaml', '--json')).stdout) as {
      changes: { name: string; cuts: string[] }[]
    }
    return changes.filter(one => one.cuts.length > 0).map(({ name }) => name)
  }
  let visitors: Readonly<Record<string, ReturnType<typeof stay>>> = {}
  const heard = async (word: string) => {
    const said = Object.entries(visitors).map(async ([name, one]) => ((await one.isHeard(word)) ? [name] : []))
    return (await Promise.all(said)).flat()
  }
  afterAll(() => {
    for (const one of Object.values(visitors)) one.leave()
  })

  test('each comes to far', async () => {
    write({}, { allowFrom: all })
    await line.must('apply', 'all.yaml')
    const nc = (on: 'near' | 'middle', ...words: string[]) => stay(lab.argvIn(on, ['nc', ...words]))
    visitors = {
      remote: stay(['203.0.113.20'], 2231),
      own: stay(['203.0.113.20'], 2232),
      fenced: stay(['198.51.100.10'], 2233),
      proxy: nc('near', '-X', '5', '-x', '127.0.0.1:1081', 'server935', '22'),
      socket: nc('near', '-U', `${sockets}/socket/ssh`),
      back: nc('middle', '-U', `${sockets}/back/ssh`),
      one: stay(['203.0.113.20'], 2234),
      other: nc('near', '127.0.0.1', '2235'),
    }
    expect(await heard('first')).toEqual(Object.keys(visitors))
  })

  const further = { serverAlive: { interval: 18, countMax: 4 }, probe: 'tcp warn' }
  const fewer = { allowFrom: ['192.0.2.10'] }

  test('they stay when keepalives, probes and who is let in change, and nobody else is let in any more', async () => {
    write(further, fewer)
    expect(await cuts()).toEqual([])
    await line.must('apply', 'all.yaml')
    expect(await heard('second')).toEqual(Object.keys(visitors))
    for (const port of [2231, 2232, 2234]) expect(await readBanner(lab, port)).toBeUndefined()
    expect((await line.run('plan', 'all.yaml', '--detailed-exitcode')).code).toBe(0)
  })

  test('labels are no change of anything, and each tunnel has its own', async () => {
    const stands = await fingerprints(lab)
    const labels = (team: string) => ({ labels: { team } })
    write({ ...further, ...labels('all') }, fewer, { other: labels('other'), one: labels('one') })
    expect(await line.must('apply', 'all.yaml')).toContain('No changes.')
    expect(await fingerprints(lab)).toEqual(stands)
    const metrics = await line.must('status', 'all.yaml', '--metrics', '-')
    for (const [name, team] of [
      ['remote', 'all'],
      ['one', 'one'],
      ['other', 'other'],
    ])
      expect(metrics).toContain(`ssh_tunnels_up{owner="all",tunnel="${name}",label_team="${team}"} 1`)
    const { stdout } = await line.run('doctor', 'all.yaml', 'other', '--json')
    expect(JSON.parse(stdout).tunnels).toMatchObject([{ name: 'other', labels: { team: 'other' } }])
    expect(await heard('labelled')).toEqual(Object.keys(visitors))
  })

  test('what leads elsewhere cuts those of its ssh, as the plan says, and no others; a proxy that may open less does not', async () => {
    const elsewhere = { far: 'far:22' }
    const change = { remote: elsewhere, own: elsewhere, back: elsewhere, other: elsewhere }
    write(further, fewer, { ...change, proxy: { ...elsewhere, permitOpen: ['far:22'] } })
    expect(await cuts()).toEqual(['remote', 'own', 'back', 'near-middle'])
    await line.must('apply', 'all.yaml')
    expect(await heard('last')).toEqual(['fenced', 'proxy', 'socket'])
    await line.must('destroy', 'all.yaml')
    expect(await fingerprints(lab)).toEqual(before)
  })
})
