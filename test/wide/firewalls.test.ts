// Hosts whose ports somebody else's program closes, or nobody's: an opening holds over its reload and a reboot, lets in nobody else, drift in
// both directions is seen, and it goes without a trace.
import { fingerprint, type ImageName, type Lab, startLab } from '../../lab'
import { type CommandLine, makeCommandLine } from '../lab/command-line'

interface Tried {
  /** What the plan says. */
  readonly manager: string
  /** The program's own way to read its rules anew. */
  readonly reload: string
  /** What people do by hand: less, and more. */
  readonly takesAway: string
}

const tried: Readonly<Partial<Record<ImageName, Tried>>> = {
  ufw: { manager: 'ufw', reload: 'ufw reload', takesAway: 'ufw delete allow proto tcp from any to any port 8081' },
  firewalld: {
    manager: 'firewalld',
    reload: 'firewall-cmd --reload',
    takesAway: 'rm /etc/firewalld/policies/ssh-tun-*; firewall-cmd --reload',
  },
  'iptables-nft': {
    manager: 'iptables',
    reload: 'netfilter-persistent reload',
    takesAway: 'iptables-save | grep 8081 | sed s/^-A/-D/ | while read -r words; do eval "iptables $words"; done',
  },
  'iptables-legacy': {
    manager: 'iptables',
    reload: 'netfilter-persistent reload',
    takesAway: 'sed -i /8081/d /etc/iptables/rules.v4',
  },
  'no-firewall': {
    manager: 'nftables',
    reload: 'systemctl restart nftables',
    takesAway: 'nft flush ruleset',
  },
}

const labs: readonly Readonly<Record<'near' | 'middle', ImageName>>[] = [
  { near: 'ufw', middle: 'firewalld' },
  { near: 'iptables-nft', middle: 'iptables-legacy' },
  { near: 'bookworm', middle: 'no-firewall' },
]

describe.each(labs)('%j', images => {
  const names = (['near', 'middle'] as const).filter(name => tried[images[name]])
  let lab: Lab
  let line: CommandLine
  let before: string[]
  const prints = () => Promise.all(names.map(name => fingerprint(lab.hosts[name])))
  const of = (name: 'near' | 'middle') => tried[images[name]] as Tried

  beforeAll(async () => {
    lab = await startLab({ images, log: () => {} })
    line = makeCommandLine(lab)
    before = await prints()
    const hosts = Object.fromEntries(['near', 'middle', 'far'].map(name => [name, line.hostOf(name as 'far')]))
    const listen = (name: 'near' | 'middle', port: number) => `${lab.hosts[name].address}:${port}`
    const ends = { client: 'far', forward: 'remote', far: '127.0.0.1:80' }
    const tunnels = Object.fromEntries(
      names.flatMap(name => [
        [`some-${name}`, { ...ends, server: name, listen: listen(name, 8080), allowFrom: ['192.0.2.64/26'] }],
        [`all-${name}`, { ...ends, server: name, listen: listen(name, 8081) }],
      ]),
    )
    line.write('tunnels.yaml', { owner: 'me', hosts, tunnels })
  }, 600_000)
  afterAll(async () => {
    await lab?.stop()
    line?.remove()
  })

  const page = async (place: 'visitor' | 'controller', name: 'near' | 'middle', port: number) => {
    const argv = ['curl', '-s', '-m', '3', '-o', '/dev/null', '-w', '%{http_code}']
    return (await lab.run(place, [...argv, `http://${lab.hosts[name].address}:${port}/`])).stdout
  }
  /** The visitor gets both pages; who is not named gets the one that all get. */
  const reached = () =>
    Promise.all(
      names.map(async name => ({
        name,
        visitor: [await page('visitor', name, 8080), await page('visitor', name, 8081)],
        another: [await page('controller', name, 8080), await page('controller', name, 8081)],
      })),
    )
  const asWanted = () => names.map(name => ({ name, visitor: ['200', '200'], another: ['000', '200'] }))
  const quiet = async () => expect((await line.run('plan', 'tunnels.yaml', '--detailed-exitcode')).code).toBe(0)
  const must = async (verb: 'apply' | 'destroy') => {
    const { code, stdout, stderr } = await line.run(verb, 'tunnels.yaml')
    expect({ code, stderr: code === 0 ? '' : `${stdout}${stderr}` }).toEqual({ code: 0, stderr: '' })
  }

  test('the plan names who makes the rules, and an apply opens for those alone who are named', async () => {
    const plan = await line.run('plan', 'tunnels.yaml')
    for (const name of names) expect(plan.stdout).toMatch(new RegExp(`manager += "${of(name).manager}"`))
    await must('apply')
    expect(await reached()).toEqual(asWanted())
    await quiet()
  })

  test('that holds when the rules are read anew', async () => {
    await Promise.all(names.map(name => lab.hosts[name].sh(of(name).reload)))
    expect(await reached()).toEqual(asWanted())
    await quiet()
  })

  test('what somebody takes away is seen, and comes back', async () => {
    await Promise.all(names.map(name => lab.hosts[name].sh(of(name).takesAway)))
    const plan = await line.run('plan', 'tunnels.yaml', '--detailed-exitcode')
    expect({ code: plan.code, shows: plan.stdout.includes('firewall') }).toEqual({ code: 2, shows: true })
    await must('apply')
    expect(await reached()).toEqual(asWanted())
    await quiet()
  })

  test('it is there after a reboot', async () => {
    await Promise.all(names.map(name => lab.hosts[name].reboot()))
    await must('apply')
    expect(await reached()).toEqual(asWanted())
    await quiet()
  })

  test('a destroy leaves these hosts as they were', async () => {
    await must('destroy')
    expect(await prints()).toEqual(before)
  })
})
