// Looks of a host that lies, garbles or leaves out: read or refused, never thrown over; nothing of it but text; and what is not told is not good.
import fc from 'fast-check'
import { make } from '../../engine/change/make'
import { checksOf } from '../../engine/look/checks'
import { trustsDropIns } from '../../engine/look/effective'
import { findWrong, type Look, observeUnproved, planPart, see } from '../../engine/look/look'
import { findObstacles } from '../../engine/look/obstacles'
import { parseRecords } from '../../engine/look/records'
import { isWholeLook, parseSnapshot } from '../../engine/look/snapshot'
import { loginId } from '../../schemas/machine'
import { hostile } from '../hostile-text'
import { tries } from '../tries'
import { unsafe } from '../unsafe'
import { makeCompany, tellNobody, tunnelOf } from './company'
import { printSnapshot } from './print-snapshot'

/** As readHost and a batch take it. */
const isTaken = (text: string) => isWholeLook(text) && trustsDropIns(parseRecords(text))

const asked = { names: ['t1'], journals: [], eachSshd: false }
const base64 = (text: string) => Buffer.from(text).toString('base64')

/** A host key or public key that is not known yet is not written anywhere: the checks refuse it, or a round before tells it. */
const stepsOf = ({ derived, snapshotOf }: Look) =>
  derived.placed.flatMap(placed => {
    const { hostKey, publicKey } = (placed.want ?? {}) as Record<string, unknown>
    const isKnown = typeof hostKey !== 'symbol' && (placed.kind === 'key' || typeof publicKey !== 'symbol')
    return isKnown ? planPart(placed, false, snapshotOf) : []
  })

/** A tunnel that stands as it should, and what its hosts print. */
async function prepare() {
  const { near, middle } = makeCompany()
  const declared = tunnelOf(near, middle, 't1', {
    listen: '203.0.113.20:2101',
    probe: 'none',
  })
  await make(declared, tellNobody)
  const { uid = 0 } = middle.on.accounts['tun-t1'] ?? {}
  const listener = {
    address: '203.0.113.20',
    port: 2101,
    program: 'sshd',
    pid: 7,
    uid,
  }
  middle.on = { ...middle.on, listeners: [listener] }
  const texts = [near, middle].map(host => printSnapshot(host.on, asked, host))
  const judge = (looks: readonly string[]) => {
    const snapshots = new Map(
      [near, middle].map(
        ({ host, on }, at) => [loginId(host), parseSnapshot(looks[at] ?? '', on.hostKeys[0])] as const,
      ),
    )
    const look = see(declared, { snapshots, away: new Map() })
    const wrong = findWrong(look)
    const failing = checksOf(look).filter(({ status }) => status !== 'ok')
    const steps = stepsOf(look)
    return { look, wrong, failing, steps, isGood: [wrong, failing, steps].every(({ length }) => length === 0) }
  }
  return { texts, judge }
}

/** What is done to one record: its value, or the whole line. */
const damage = fc.record({
  host: fc.nat(1),
  line: fc.nat(60),
  how: fc.oneof(
    fc.record({
      value: fc.oneof(hostile, fc.string({ unit: 'binary' }), fc.json()),
    }),
    fc.record({ raw: fc.oneof(hostile, fc.string()) }),
    fc.record({ at: fc.nat(4000), length: fc.nat(20), scrap: hostile }),
    fc.record({
      number: fc.constantFrom('-1', '1e9', '99999999999999999999', 'NaN', ''),
    }),
    fc.constant({ twice: true as const }),
  ),
})
type Damage = typeof damage extends fc.Arbitrary<infer One> ? One : never

function spoil(text: string, { line: at, how }: Damage): string {
  const lines = text.split('\n')
  const index = at % (lines.length - 1)
  const [kind = '', key = '', value = ''] = (lines[index] ?? '').split('\x1f')
  const within = (change: (inner: string) => string) =>
    [kind, key, base64(change(Buffer.from(value, 'base64').toString()))].join('\x1f')
  if ('value' in how) lines[index] = within(() => how.value)
  else if ('raw' in how) lines[index] = [kind, key, how.raw].join('\x1f')
  else if ('at' in how)
    lines[index] = within(inner => {
      const from = how.at % (inner.length + 1)
      return inner.slice(0, from) + how.scrap + inner.slice(from + how.length)
    })
  else if ('number' in how) lines[index] = within(inner => inner.replace(/\d+/g, how.number))
  else lines.splice(index, 0, lines[index] ?? '')
  return lines.join('\n')
}

test('whatever a look holds, it is read or refused, and nothing of it is more than text', async () => {
  const { texts, judge } = await prepare()
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 4 }), damages => {
      const looks = texts.map((text, at) => damages.filter(({ host }) => host === at).reduce(spoil, text))
      if (!looks.every(isTaken)) return
      const { look, failing, steps } = judge(looks)
      const obstacles = findObstacles(look, {
        others: false,
        staying: [],
        mayLeave: () => false,
        settles: () => false,
      })
      for (const { fault } of obstacles) expect(fault.message).not.toMatch(unsafe)
      expect(JSON.stringify(failing)).toBeDefined()
      const { parts, outputs } = observeUnproved(look)
      const strings: string[] = []
      JSON.stringify([parts, outputs], (_key, one) => (typeof one === 'string' ? strings.push(one) && one : one))
      for (const one of strings) expect(one).not.toMatch(unsafe)
      for (const { verb, args, content = '' } of steps) {
        expect([verb, ...args].join('')).not.toMatch(/\p{Cc}/u)
        // What one host has told goes into these files of the other.
        if (/authorized_keys$/.test(args[0] ?? '')) expect(content).toMatch(/^restrict,[^\n]* ssh-ed25519 [\w+/=]+\n$/)
        if (/known_hosts$/.test(args[0] ?? '')) expect(content).toMatch(/^[\w.:[\]-]+ [a-z0-9@.-]+ [\w+/=]+\n$/)
      }
    }),
    tries(200),
  )
})

test('a record that is missing, empty or garbage never makes a host good, nor leaves it so where it matters', async () => {
  const { texts, judge } = await prepare()
  const whole = judge(texts)
  expect([whole.wrong, whole.failing]).toEqual([[], []])
  const kinds = [...new Set(texts.flatMap(text => text.split('\n').map(line => line.split('\x1f')[0] ?? '')))].filter(
    Boolean,
  )
  const without = (kind: string, value: string | null) =>
    texts.map(text =>
      text
        .split('\n')
        .flatMap(line => {
          const [name = '', key = ''] = line.split('\x1f')
          return name !== kind ? [line] : value === null ? [] : [`${kind}\x1f${key}\x1f${base64(value)}`]
        })
        .join('\n'),
    )
  const stillGood = (value: string | null) =>
    kinds.filter(kind => without(kind, value).every(isTaken) && judge(without(kind, value)).isGood)
  // Lists that hosts with none of it do not print; what names nothing of ours; keys beside the one that the connection has verified.
  const lists = ['left', 'othersleft', 'unread', 'outlived', 'nologin']
  const beside = ['atboot', 'plainsshd', 'hostkey']
  expect(stillGood(null).filter(kind => ![...lists, ...beside].includes(kind))).toEqual([])
  expect(stillGood('\x1b[2J garbage\n%s\n').filter(kind => ![...lists, ...beside, 'end'].includes(kind))).toEqual([])
})
