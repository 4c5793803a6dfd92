// Which hosts work: every image as server and as client, its firewall opened by whoever makes its rules there; that holds when these are read
// anew and over a reboot, what somebody changes is seen and comes back, and a destroy leaves no trace. The table of docs/hosts.md.
import { type HostName, type ImageName, type Lab, startLab } from '../../lab'
import { images as allImages, imageNames } from '../../lab/images'
import { managers } from '../lab/firewall-managers'
import { makeNeighbours, printNeighbours } from '../lab/neighbours'
import { managerIn, nameOf, partOfPlan, ports, type Reached, startTrial, type Trial } from '../lab/trial'
import { factOfEach } from './found'

/** Each image once; those without a firewall of their own have nftables. */
const labs: readonly Readonly<Partial<Record<HostName, ImageName>>>[] = [
  { near: 'ufw', middle: 'bookworm', far: 'firewalld' },
  { near: 'iptables-nft', middle: 'trixie', far: 'iptables-legacy' },
  { near: 'sysvinit', middle: 'ssh-socket', far: 'no-firewall' },
  { near: 'openrc', middle: 'rhel-like', far: 'busybox' },
]

test('every image is tried once, but for the one that nothing boots', () => {
  const tried = labs.flatMap(images => Object.values(images))
  expect([...tried, 'no-init'].sort()).toEqual([...imageNames].sort())
})

interface Told {
  readonly seen: unknown
  readonly wanted: unknown
  readonly answer?: string
}

describe.each(labs)('%j', images => {
  const names = Object.keys(images) as HostName[]
  const imageOf = (name: HostName) => images[name] as ImageName
  let trial: Trial
  let lab: Lab
  let before: Record<string, string>

  beforeAll(async () => {
    lab = await startLab({ images, log: () => {} })
    for (const { name, image, sh, writeFile } of names.map(name => lab.hosts[name])) {
      if (name === 'middle' || allImages[image].ownFirewall) continue
      await writeFile('/etc/nftables.conf', await lab.hosts.middle.sh('cat /etc/nftables.conf'))
      await sh('systemctl enable --quiet --now nftables')
    }
    const those = Object.fromEntries(names.map(name => [name, managers[imageOf(name)]]))
    trial = await startTrial(lab, those, ['all', 'some', 'all6', 'some6', 'own'])
    before = await trial.prints()
  }, 600_000)
  afterAll(() => trial?.end() ?? lab?.stop())

  /** A column of the table, from what is seen of each host. */
  const column = (title: string, name: string, body: () => Promise<(of: HostName) => Promise<Told> | Told>) =>
    factOfEach(
      { table: 'hosts', column: title },
      names.map(imageOf),
      name,
      async () => {
        const of = await body()
        return Object.fromEntries(await Promise.all(names.map(async one => [imageOf(one), await of(one)])))
      },
      300_000,
    )
  /** That all are reached as they should be, and a plan is empty. */
  const asWanted = async () => {
    const reached = await trial.each(trial.reached)
    const plan = await trial.plan()
    return (one: HostName): Told => ({
      seen: { reached: reached[one], plan: plan.code },
      wanted: { reached: trial.wanted(one), plan: 0 },
    })
  }
  /** Whether a plan shows a change of this tunnel's firewall. */
  const shows = (plan: string, tunnel: string) => partOfPlan(plan, tunnel).includes('firewall')
  const text = async (title: string, host: HostName, command: string) => ({
    seen: true,
    wanted: true,
    answer: await lab.hosts[host].sh(command).catch(() => title),
  })

  /** Another address of the visitor's. */
  const banned = '192.0.2.71'
  let neighbours: Record<string, string>
  test('Docker and fail2ban have their rules there', async () => {
    const [add, from] = [['ip', 'address', 'add', `${banned}/26`, 'dev', 'eth0'], trial.managerOf]
    expect(await lab.run('visitor', add)).toMatchObject({ code: 0 })
    await trial.each(name => lab.hosts[name].sh(makeNeighbours(from(name).name, banned)))
    neighbours = await trial.each(name => lab.hosts[name].sh(printNeighbours))
  })

  column('OpenSSH', 'its sshd', async () => one => text('?', one, "ssh -V 2>&1 | sed 's/^OpenSSH_\\([^ ,]*\\).*/\\1/'"))
  column(
    'init',
    'what runs it',
    async () => one =>
      text(imageOf(one), one, "systemctl --version | sed -n '1s/^systemd \\([0-9]*\\).*/systemd \\1/p' | grep ."),
  )

  column('firewall', 'a plan names who makes the rules, and an apply brings all up', async () => {
    const plan = await trial.plan()
    expect({ code: plan.code, said: plan.code === 2 ? '' : plan.stdout }).toEqual({ code: 2, said: '' })
    await trial.must('apply')
    return one => {
      const { name } = trial.managerOf(one)
      return { seen: managerIn(plan.stdout, nameOf('all', one)), wanted: name, answer: name }
    }
  })

  const few = (of: Reached | undefined, ...kinds: (keyof Reached)[]) =>
    Object.fromEntries(kinds.map(kind => [kind, of?.[kind]]))
  const reaches =
    (...kinds: (keyof Reached)[]) =>
    async () => {
      const reached = await trial.each(trial.reached)
      return (one: HostName): Told => ({
        seen: few(reached[one], ...kinds),
        wanted: few(trial.wanted(one), ...kinds),
      })
    }
  column('server', 'the server of a remote forward lets everybody in', reaches('all'))
  column('allowFrom', 'none but those who are named get in', reaches('some'))
  column('IPv6', 'by IPv6 just so', reaches('all6', 'some6'))

  column('Docker, fail2ban', 'their rules stay as they are, and who is banned stays so', async () => {
    const theirs = await trial.each(name => lab.hosts[name].sh(printNeighbours))
    const visits = await trial.each(async name => {
      const url = `http://${lab.hosts[name].address}:${ports.all}/name`
      return (await lab.run('visitor', ['curl', '-s', '-m', '3', '--interface', banned, url])).stdout
    })
    return one => ({ seen: [theirs[one], visits[one]], wanted: [neighbours[one], ''] })
  })

  column('client', 'the client of a remote forward', async () => {
    const runs = await trial.each(name =>
      lab.hosts[name].exec(
        allImages[imageOf(name)].noSystemd
          ? 'pgrep -x ssh -u "$(id -u tun-own-$(uname -n))"'
          : "systemctl is-active 'tunnel-*'",
      ),
    )
    return one => ({ seen: runs[one]?.code, wanted: 0 })
  })
  column('local forward', 'ssh on the host itself listens', reaches('own'))

  column('rules read anew', 'that holds when the rules are read anew', async () => {
    await trial.each(name => lab.hosts[name].sh(trial.managerOf(name).reload))
    return asWanted()
  })

  column('rule taken away', 'what somebody takes away is seen, and comes back', async () => {
    await trial.each(name => lab.hosts[name].sh(trial.managerOf(name).takeAway))
    const { code, stdout } = await trial.plan()
    await trial.must('apply')
    const now = await asWanted()
    return one => {
      const told = now(one)
      // Without a firewall what keeps others out is what was taken away.
      const tunnel = nameOf(imageOf(one) === 'no-firewall' ? 'some' : 'all', one)
      return { seen: [code, shows(stdout, tunnel), told.seen], wanted: [2, true, told.wanted] }
    }
  })

  column('rule added', 'what somebody adds is seen, and lets in nobody who is not named', async () => {
    await trial.each(name => {
      const { add } = trial.managerOf(name)
      return lab.hosts[name].sh(add.replaceAll('TAG', `ssh-tunnels ${nameOf('some', name)} me`))
    })
    const { code, stdout } = await trial.plan()
    await trial.must('apply')
    const now = await asWanted()
    await trial.each(name => lab.hosts[name].sh(trial.managerOf(name).addNoMore))
    const later = await trial.each(trial.reached)
    return one => {
      const told = now(one)
      return {
        seen: [code, shows(stdout, nameOf('some', one)), told.seen, later[one]],
        wanted: [2, true, told.wanted, trial.wanted(one)],
      }
    }
  })

  column('reboot', 'it is there after a reboot', async () => {
    await trial.each(name => lab.hosts[name].reboot())
    await trial.comeBack()
    return asWanted()
  })

  column('destroy', 'a destroy leaves it as it was', async () => {
    await trial.must('destroy')
    const after = await trial.prints()
    return one => ({ seen: after[one], wanted: before[one] })
  })
})
