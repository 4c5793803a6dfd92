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
