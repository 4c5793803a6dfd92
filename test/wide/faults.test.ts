// Faults in the middle of a change: the line cut in both directions or in one, the power, and a disk that is read-only from there on. The host takes
// back what nobody confirms, and the same run again converges.
import type { Declared } from '../../engine/wish/declared'
import { type Direction, type Lab, startLab } from '../../lab'
import { waitFor } from '../../lab/command'
import { type Line, linesOf } from '../harness/break-off'
import { differing, estatesOf } from '../harness/estates'
import { type Harness, makeHarness } from '../harness/harness'

const minutes = 60_000
let lab: Lab
let harness: Harness
let first: readonly Declared[]
let second: readonly Declared[]
/** How the hosts stand after each of the two. */
let asFirst: Readonly<Record<'near' | 'middle', string>>
let asSecond: typeof asFirst
let lines: readonly Line[]

const standing = async () => ({
  near: await harness.standing('near', 'made'),
  middle: await harness.standing('middle', 'made'),
})

/** Seconds: as short as three fresh logins take, for most of these faults last as long. */
const guardWindow = 20
const withWindow = (declared: Declared): Declared =>
  JSON.parse(JSON.stringify(declared), (key, value) =>
    ['client', 'server', 'host'].includes(key) ? { ...value, guardWindow } : value,
  )

async function pass(declared: readonly Declared[]) {
  const report = await harness.run(['make'], declared)
  if (report === null || report.faults.length > 0) throw new Error(`it failed: ${report?.faults.join('\n')}`)
  return linesOf(report.passed)
}

beforeAll(async () => {
  lab = await startLab({ log: () => {} })
  harness = await makeHarness(lab, 'faults')
  ;[first, second] = estatesOf(lab, 'faults').map(declared => declared.map(withWindow)) as [Declared[], Declared[]]
  await pass(first)
  asFirst = await standing()
  lines = await pass(second)
  asSecond = await standing()
}, 5 * minutes)
afterAll(async () => {
  await lab?.stop()
  harness?.remove()
})

type Place = 'near' | 'middle'
const readOnly = '/etc becomes read-only'
type Strike = (host: Place) => Promise<void>

/** Cut until the host has taken it back by itself, or there is nothing to take back. */
const cut =
  (direction: Direction): Strike =>
  async host => {
    await lab.cutLink(host, direction)
    await lab.hosts[host].sh(': >/run/go-on')
  }

const strikes: Readonly<Record<string, Strike>> = {
  'the line is cut': cut('both'),
  'nothing reaches the host': cut('to'),
  'nothing comes from the host': cut('from'),
  'the power is cut': host => lab.hosts[host].powerCycle(),
  [readOnly]: async host => {
    await lab.hosts[host].sh('mount --bind /etc /etc && mount -o remount,ro,bind /etc; : >/run/go-on')
  },
}

/** Who gets in confirms what stands then, and the batch puts back what it can. */
const mend = async (what: string, name: Place) => {
  await lab.healLink(name)
  if (what === readOnly) await lab.hosts[name].sh('umount /etc')
}

const armed = 'ls /var/lib/ssh-tunnels/undo-*/armed /var/lib/ssh-tunnels/undo-*/undoing 2>/dev/null | grep . || :'

const places: readonly (readonly [Place, string])[] = [
  ['middle', 'sshd_put'],
  ['middle', 'sshd_commit'],
  ['middle', 'firewall_commit'],
  ['middle', 'end'],
  ['near', 'unit_put'],
  ['near', 'units_start'],
]

describe.each(Object.entries(strikes))('%s', (what, strike) => {
  test.each(places)(
    'while %s is before %s',
    async (name, verb) => {
      const host = lab.hosts[name]
      await pass(first)
      const line = lines.find(one => one.host === name && one.verb === verb)?.line ?? Number.NaN
      const running = harness.run(['make'], second, { host: name, line, how: 'wait' })
      await waitFor('the batch to come there', async () =>
        (await host.exec('[ -e /run/breaks-off ]')).code === 0 ? true : undefined,
      )
      const wasArmed = (await host.sh(armed)) !== ''
      expect(wasArmed).toBe(name === 'middle')
      await strike(name)
      const report = await running
      await waitFor(
        'nothing to wait to be confirmed',
        async () => ((await host.sh(armed)) === '' ? true : undefined),
        3 * minutes,
      )
      await mend(what, name)
      // By then all is written.
      if (what !== readOnly || verb !== 'units_start') expect(report?.faults).not.toEqual([])
      if (wasArmed && what !== readOnly) expect(differing(asFirst[name], (await standing())[name])).toEqual([])
      expect((await lab.run('controller', [...lab.ssh(name), 'id -un'])).stdout.trim()).toBe('root')
      const again = await harness.run(['make', 'plan'], second)
      expect([again?.faults, again?.changes]).toEqual([[], []])
      const after = await standing()
      expect([differing(asSecond.near, after.near), differing(asSecond.middle, after.middle)]).toEqual([[], []])
      await host.sh('sshd -t && systemctl is-active ssh')
    },
    6 * minutes,
  )
})
