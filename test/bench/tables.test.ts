// What `make bench` writes: tables from samples, each into its own place of docs/benchmarks.md.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Back, backTable } from '../../bench/back-table'
import { latencyTable } from '../../bench/latency'
import { countRounds } from '../../bench/long-lines'
import type { Sample } from '../../bench/measure'
import { replaceTable } from '../../bench/page'
import { fillIn } from '../../bench/peer-texts'
import { sections } from '../../bench/sections'
import { actTable, costTable, memoryTable } from '../../bench/tables'

const page = readFileSync(join(__dirname, '../../docs/benchmarks.md'), 'utf8')
const lines = (text: string) => text.trimEnd().split('\n')
const sample = (contender: Sample['contender'], seconds: number, further: Partial<Sample> = {}): Sample => ({
  contender,
  act: 'deploy',
  count: 1,
  seconds,
  ...further,
})

test('a table has the median and the range, beside the floor and the peers of the same run', () => {
  const samples = [sample('floor', 1), sample('floor', 3), sample('command', 4), sample('ansible', 8)]
  expect(lines(actTable({ samples, failures: [] }, 'deploy'))).toEqual([
    '| tunnels | 1 |',
    '| --- | --- |',
    '| floor: N plain `ssh -N -R`, until all ports listen | **2.00 s** (1.00 s to 3.00 s) |',
    '| `ssh-tunnels apply` | **4.00 s**, 2.0x floor, 0.50x Ansible |',
    '| Ansible, first run | **8.00 s**, 4.0x floor |',
  ])
})

test('who was not tried, who failed and who saw what is not there have no time that could be taken for one', () => {
  const samples = [
    sample('command', 4),
    sample('command', 5, { count: 100 }),
    sample('pyinfra', 6),
    sample('ansible', 8, { wrong: true }),
  ]
  const [, , , pyinfra, ansible] = lines(
    actTable({ samples, failures: [{ contender: 'pyinfra', count: 100 }] }, 'deploy'),
  )
  expect(pyinfra).toMatch(/\| failed \|$/)
  expect(ansible).toContain('**saw changes that are none** | not run: minutes |')
})

test('what the hosts had to do is beside what Ansible had them do', () => {
  const cost = (seconds: number) => ({
    near: { seconds, bytes: 90_000, logins: 1 },
    middle: { seconds: 2 * seconds, bytes: 1_000, logins: 2 },
  })
  const samples = [sample('command', 1, { cost: cost(1) }), sample('ansible', 1, { cost: cost(4) })]
  expect(lines(costTable(samples)).slice(2)).toEqual([
    '| deploy: `ssh-tunnels apply` | **1.00 s**, 0.25x Ansible, 90 kB, 1 login | **2.00 s**, 0.25x Ansible, 1.0 kB, 2 logins |',
    '| deploy: Ansible, first run | **4.00 s**, 90 kB, 1 login | **8.00 s**, 1.0 kB, 2 logins |',
  ])
})

test("the provider's memory has a row for each that has one", () => {
  const samples = [sample('terraform', 1, { memory: 80e6 }), sample('command', 1)]
  expect(lines(memoryTable(samples)).slice(2)).toEqual(['| `terraform apply` of a saved plan | **80 MB** |'])
})

test('round trips are those that one had to wait for, whatever else is sent meanwhile', () => {
  const at = (...times: number[]) => times.map(at => ({ at, from: 'a', to: 'b' }))
  expect(countRounds(at(0, 10, 99, 100, 230), 'a', 'b', 100)).toBe(3)
  expect(countRounds(at(0, 100), 'b', 'a', 100)).toBe(0)
  const long = [sample('command', 1.5, { rounds: { near: 4, middle: 5 } })]
  expect(lines(latencyTable({ short: [sample('command', 1)], long }))[2]).toBe(
    '| `ssh-tunnels apply` | **1.00 s** | **1.50 s** | **5.0** | 4 | 5 |',
  )
})

test('who is not back in five minutes has no number', () => {
  const back = (contender: Back['contender'], seconds: number): Back => ({
    fault: 'stale',
    contender,
    forward: 'remote',
    seconds,
  })
  expect(lines(backTable([back('ours', 1), back('autossh', 300)]))[2]).toMatch(
    /\| \*\*1\.00 s\*\*.* \| \*\*over 300 s\*\* \| {2}\| {2}\|$/,
  )
})

test('every table has its place on the page, and only there it is written', () => {
  const tables = [...sections.flatMap(({ words }) => words), 'memory']
  expect(tables.filter(name => !page.includes(`<!-- ${name}: bench/`))).toEqual([])
  const written = replaceTable(page, 'plan', 'another\n')
  expect(written).toContain('bench/acts.ts -->\nanother\n<!-- end -->')
  expect(replaceTable(written, 'plan', /<!-- plan: .*\n([\s\S]*?)<!-- end -->/.exec(page)?.[1] ?? '')).toBe(page)
  expect(() => replaceTable(page, 'nothing', '')).toThrow('docs/benchmarks.md has no place for the table nothing')
})

test('the peers put on the hosts what Ansible does', () => {
  const unit = fillIn('unit.j2', { name: 't7', port: 20007 }, '203.0.113.20')
  expect(unit).toContain('-R 203.0.113.20:20007:far:80 peer-t7@203.0.113.20')
  expect(`${unit}${fillIn('sshd.j2', { name: 't7', port: 20007 }, '203.0.113.20')}`).not.toMatch(/\{\{/)
})
