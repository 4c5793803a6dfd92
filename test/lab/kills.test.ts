// A change that is broken off before each line of each of its batches: done again it converges, and a destroy leaves nothing.
// In turn the batch alone is killed, with all its children, and the whole engine with it. `make test` breaks off at every eleventh, test-wide at each.
import type { Declared } from '../../engine/wish/declared'
import { type Lab, startLab } from '../../lab'
import { type Break, type Line, linesOf } from '../harness/break-off'
import { differing, estatesOf } from '../harness/estates'
import { type Harness, makeHarness } from '../harness/harness'

const owner = 'kills'
const minutes = 60_000
// Odd, for an update goes to and fro.
const every = process.env.WIDE ? 1 : 11

let lab: Lab
let harness: Harness
let first: readonly Declared[]
let second: readonly Declared[]
let bare: string

beforeAll(async () => {
  lab = await startLab()
  harness = await makeHarness(lab, owner)
  ;[first, second] = estatesOf(lab, owner)
  bare = await standing('exact')
})
afterAll(async () => {
  await lab?.stop()
  harness?.remove()
})

const standing = async (how: 'exact' | 'made') =>
  (await Promise.all([harness.standing('near', how), harness.standing('middle', how)])).join('\n')

/** Verbs that change nothing yet: broken off after them, a host is as it was before them. */
const gathering = ['firewall_close', 'firewall_open', 'unit_enable', 'unit_remove', 'unit_start']

/** Unbroken: the lines before which it can be broken off. Throws why it fails. */
async function pass(verb: 'make' | 'remove', declared: readonly Declared[]): Promise<Line[]> {
  const report = await harness.run([verb], declared)
  if (!report || report.faults.length > 0) throw new Error(`${verb} failed: ${report?.faults.join('\n')}`)
  const lines = linesOf(report.passed)
  return lines.filter((_line, at) => !gathering.includes(lines[at - 1]?.verb ?? ''))
}

const breakAt = ({ host, line }: Line, at: number): Break => ({ host, line, how: at % 2 === 0 ? 'program' : 'power' })

/** Breaks the change off, and lets it run again: what then differs from what it should be, with where it was broken off. */
async function breakOff(
  verb: 'make' | 'remove',
  declared: readonly Declared[],
  [line, at]: readonly [Line, number],
  wanted: string,
): Promise<string[]> {
  const place = `${verb} broken off on ${line.host} before line ${line.line}, ${line.verb}`
  const broken = await harness.run([verb], declared, breakAt(line, at))
  const again = await harness.run(verb === 'make' ? ['make', 'plan'] : ['remove'], declared)
  const odd = differing(wanted, await standing(verb === 'make' ? 'made' : 'exact'))
  return [
    ...(broken?.faults.length === 0 ? ['nothing was broken off'] : []),
    ...(again?.faults ?? ['the second run was killed']),
    ...(again?.changes ?? []),
    ...odd,
  ].map(what => `${place}: ${what}`)
}

type Way = readonly [readonly Line[], readonly Declared[], string]

const sshdRuns = () => lab.hosts.middle.sh('sshd -t && systemctl is-active ssh')

test(
  'a create and a destroy',
  async () => {
    const creating = await pass('make', first)
    const asFirst = await standing('made')
    const removing = await pass('remove', first)
    expect(differing(bare, await standing('exact'))).toEqual([])
    expect([creating.length, removing.length].every(count => count > 12)).toBe(true)
    const found: string[] = []
    for (let at = 0; at < Math.max(creating.length, removing.length); at += every) {
      const [made, removed] = [creating[at], removing[at]]
      if (made) found.push(...(await breakOff('make', first, [made, at], asFirst)))
      else await pass('make', first)
      if (removed) found.push(...(await breakOff('remove', first, [removed, at + 1], bare)))
      else await pass('remove', first)
      expect(await sshdRuns()).toBe('active')
    }
    expect(found).toEqual([])
  },
  10 * minutes,
)

/** These run on real systemd alone; before all other programs test/remote/killed.test.ts breaks off. */
const of = ['systemctl', 'ln']

test(
  'a create and a destroy, before each call of systemctl on the client',
  async () => {
    await pass('make', first)
    const asFirst = await standing('made')
    await pass('remove', first)
    const found: string[] = []
    for (let program = 1, isBroken = true; isBroken; program += every) {
      const how = program % 2 === 0 ? 'program' : 'power'
      const isUnbroken = async (verb: 'make' | 'remove', batch: number) => {
        const report = await harness.run([verb], first, { host: 'near', batch, program, of, how })
        return report !== null && report.faults.length === 0
      }
      const unbroken = await isUnbroken('make', 2)
      const again = await harness.run(['make', 'plan'], first)
      found.push(...(again?.faults ?? []), ...(again?.changes ?? []), ...differing(asFirst, await standing('made')))
      isBroken = !(await isUnbroken('remove', 1)) || !unbroken
      found.push(...((await harness.run(['remove'], first))?.faults ?? []), ...differing(bare, await standing('exact')))
      expect({ program, found }).toEqual({ program, found: [] })
    }
  },
  10 * minutes,
)

test(
  'an update of key, port, sshd, firewall and service, to and fro',
  async () => {
    await pass('make', first)
    const asFirst = await standing('made')
    const forth = await pass('make', second)
    const asSecond = await standing('made')
    const back = await pass('make', first)
    expect([forth.length, back.length].every(count => count > 12)).toBe(true)
    const found: string[] = []
    // The lists are alike: each line is broken off in one of the two directions.
    for (let at = 0; at < Math.max(forth.length, back.length); at += every) {
      const [lines, to, wanted]: Way = at % 2 === 0 ? [forth, second, asSecond] : [back, first, asFirst]
      const line = lines[at]
      if (line) found.push(...(await breakOff('make', to, [line, at >> 1], wanted)))
      else await pass('make', to)
      expect(await sshdRuns()).toBe('active')
    }
    await pass('remove', first)
    found.push(...differing(bare, await standing('exact')))
    expect(found).toEqual([])
  },
  10 * minutes,
)
