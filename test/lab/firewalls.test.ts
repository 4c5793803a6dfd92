// Firewalls that somebody else's program makes: an opening lets in who is named and nobody else, holds when the rules are read anew, and goes
// without a trace. All of it, on every kind of host: test/wide/hosts.test.ts.
import { type HostName, type ImageName, startLab } from '../../lab'
import { managers } from './firewall-managers'
import { managerIn, nameOf, startTrial, type Trial } from './trial'

const images: Readonly<Record<HostName, ImageName>> = { near: 'ufw', middle: 'firewalld', far: 'iptables-nft' }
const names = Object.keys(images) as HostName[]
let trial: Trial
let before: Record<string, string>

beforeAll(async () => {
  const lab = await startLab({ images, log: () => {} })
  trial = await startTrial(lab, Object.fromEntries(names.map(name => [name, managers[images[name]]])), ['all', 'some'])
  before = await trial.prints()
}, 600_000)
afterAll(() => trial?.end())

const areAsWanted = async () => {
  const wanted = await trial.each(async name => trial.wanted(name))
  expect(await trial.each(trial.reached)).toEqual(wanted)
  expect(await trial.plan()).toMatchObject({ code: 0 })
}

test('who makes the rules is told, and opens for those who are named', async () => {
  const { stdout } = await trial.plan()
  for (const name of names) expect(managerIn(stdout, nameOf('all', name))).toBe(trial.managerOf(name).name)
  await trial.must('apply')
  await areAsWanted()
})

test('that holds when the rules are read anew', async () => {
  await trial.each(name => trial.lab.hosts[name].sh(trial.managerOf(name).reload))
  await areAsWanted()
})

test('a destroy leaves no trace', async () => {
  await trial.must('destroy')
  expect(await trial.prints()).toEqual(before)
})

test('to a link-local address it is opened on its interface alone, where the manager can say so, and goes without a trace', async () => {
  const { lab, line } = trial
  const { near, far } = lab.hosts
  const must = async (verb: string) => {
    const { code, stdout, stderr } = await line.run(verb, 'linked.yaml')
    expect({ code, said: code === 0 ? '' : `${stdout}${stderr}` }).toEqual({ code: 0, said: '' })
  }
  const linkOf = async (name: HostName) =>
    lab.hosts[name].sh("ip -o -6 addr show dev eth0 scope link | sed 's/.* inet6 //; s#/.*##'")
  const link = await trial.each(linkOf)
  const write = (on: readonly HostName[]) =>
    line.write('linked.yaml', {
      owner: 'link',
      hosts: Object.fromEntries(names.map(name => [name, line.hostOf(name)])),
      tunnels: Object.fromEntries(
        on.map(name => [
          `linked-${name}`,
          {
            client: trial.clientOf(name),
            server: name,
            forward: 'remote',
            listen: `[${link[name]}%eth0]:8085`,
            far: '127.0.0.1:80',
          },
        ]),
      ),
    })
  write(['middle'])
  expect((await line.run('apply', 'linked.yaml')).stderr).toContain(
    'no rule of firewalld’s on middle is for one interface alone',
  )
  write(['near', 'far'])
  await must('apply')
  expect(await line.run('plan', 'linked.yaml', '--detailed-exitcode')).toMatchObject({ code: 0 })
  for (const name of ['near', 'far'] as const) {
    const at = `/dev/tcp/${link[name]}%${name}/8085`
    const said = await lab.onRouter(
      `timeout 5 bash -c 'exec 3<>${at} && printf "GET /name HTTP/1.0\\r\\n\\r\\n" >&3 && cat <&3'`,
    )
    expect(said).toContain(trial.clientOf(name))
  }
  expect(await near.sh('ufw status')).toMatch(/8085\/tcp on eth0 +ALLOW/)
  expect(await far.sh('ip6tables-save')).toMatch(/-A INPUT -d fe80::\S+ -i eth0 -p tcp -m tcp --dport 8085 /)
  await must('destroy')
  expect(await trial.prints()).toEqual(before)
})
