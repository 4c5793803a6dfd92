// The order of a batch's lines: phase by phase over all who wait, each phase closed by one commit that belongs to all it concerns.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runSteps } from '../../engine/change/batch'
import { orderLines } from '../../engine/change/order-lines'
import { type Phase, phases, type Step } from '../../engine/parts/part'

const step = (phase: Phase, verb: string, arg = ''): Step => ({ why: verb, phase, verb, args: [arg] })
/** Steps of one owner, who is called by the first of them. */
const of = (...steps: Step[]) => steps.map(one => ({ owner: steps[0]?.args[0] ?? '', step: one }))
const verbs = (lines: ReturnType<typeof orderLines>) =>
  lines.map(({ step: { verb, args } }) => [verb, ...args].join(' ').trim())

test('the phases of all batches are merged, and sshd, firewall and units are committed once each', () => {
  const one = of(
    step('unmake', 'account_remove', 'a'),
    step('end', 'sessions_end', 'a'),
    step('sshd', 'sshd_put', 'a'),
    step('firewall', 'firewall_open', 'a'),
  )
  const two = of(
    step('units', 'unit_put', 'b'),
    step('start', 'unit_start', 'b'),
    step('sshd', 'sshd_remove', 'b'),
    step('stop', 'unit_remove', 'c'),
  )
  const lines = orderLines([...one, ...two])
  expect(verbs(lines)).toEqual([
    'unit_remove c',
    'units_end',
    'sshd_put a',
    'sshd_remove b',
    'sshd_commit',
    'sessions_end a',
    'firewall_open a',
    'firewall_commit',
    'unit_put b',
    'units_reload',
    'unit_start b',
    'units_start',
    'account_remove a',
  ])
  const ownersOf = (verb: string) => lines.find(line => line.step.verb === verb)?.owners
  expect(ownersOf('sshd_commit')).toEqual(['a', 'b'])
  expect(ownersOf('firewall_commit')).toEqual(['a'])
  expect(ownersOf('units_reload')).toEqual(['b'])
})

test('a unit that is only removed, in the first phase, still lets systemd read its units in their phase', () => {
  const lines = orderLines(of(step('stop', 'unit_remove', 'a'), step('unmake', 'files_remove', 'b')))
  expect(verbs(lines)).toEqual(['unit_remove a', 'units_end', 'units_reload', 'files_remove b'])
})

test('no step, no line; a phase without its verbs is not committed; every step is there exactly once', () => {
  expect(orderLines([])).toEqual([])
  expect(verbs(orderLines(of(step('make', 'key_make', 'a'))))).toEqual(['key_make a'])
  const all = phases.map((phase, index) => step(phase, `verb${index}`))
  expect(orderLines(of(...all, ...all)).length).toBe(all.length * 2)
})

test('within a phase the steps keep the order in which they came', () => {
  const lines = orderLines([
    ...of(step('firewall', 'firewall_close', 'a'), step('firewall', 'firewall_open', 'a')),
    ...of(step('firewall', 'firewall_keep', 'b')),
  ])
  expect(verbs(lines)).toEqual(['firewall_close a', 'firewall_open a', 'firewall_keep b', 'firewall_commit'])
})

test('a step with a control character fails its own caller, and nobody who waits for the same host', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'order-lines-'))
  try {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    const here = { name: 'here', local: true }
    const odd = step('make', 'files_remove', 'a\nfiles_remove')
    const order = (one: Step) => ({ steps: of(one), requests: { names: [] } })
    const both = [runSteps(here, order(step('make', 'files_remove', file))), runSteps(here, order(odd))]
    const [good, bad] = await Promise.allSettled(both)
    expect([good?.status, existsSync(file)]).toEqual(['fulfilled', false])
    expect(String(bad?.status === 'rejected' && bad.reason)).toContain('may not carry control characters')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
