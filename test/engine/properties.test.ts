// What holds for the parts of every tunnel: marks are read as they were written, derive always says the same, and what was planned comes to be.
import fc from 'fast-check'
import { differences } from '../../engine/look/differ'
import { parts } from '../../engine/parts'
import {
  accountMark,
  isMarked,
  ownerOfAccount,
  readMark,
  readRuleMark,
  ruleMark,
  writeMark,
} from '../../engine/parts/mark'
import type { Part } from '../../engine/parts/part'
import type { Snapshot } from '../../engine/parts/snapshot'
import type { Placed } from '../../engine/wish/placed'
import { deriveTunnel } from '../../engine/wish/tunnel'
import type { Tunnel } from '../../schemas/types'
import { owner, tunnel, tunnelName } from '../arbitraries'
import { tries } from '../tries'
import { snapshotOf } from './cases'
import { runOn } from './fake-host'

test('a mark is read as it was written, whatever follows it', () => {
  const note = fc.stringMatching(/^[!-~]([ -~]{0,40}[!-~])?$/)
  const mark = fc.record({
    tunnel: fc.option(tunnelName),
    owner,
    notes: fc.record({ client: note, command: note, listens: note }, { requiredKeys: [] }),
  })
  const rest = fc.oneof(fc.constant(''), fc.constant('[Unit]\n'), fc.stringMatching(/^[A-Z][ -~]{0,20}\n/))
  fc.assert(
    fc.property(mark, rest, (one, more) => {
      const text = writeMark(one) + more
      expect(isMarked(text)).toBe(true)
      expect(readMark(text)).toEqual(one)
    }),
    tries(300),
  )
})

test('rules and accounts say whose they are, and those of others do not', () => {
  fc.assert(
    fc.property(tunnelName, owner, fc.string(), (name, whose, other) => {
      expect(readRuleMark(ruleMark(name, whose))).toEqual({ name, owner: whose })
      expect(ownerOfAccount(accountMark(whose))).toBe(whose)
      if (!other.startsWith('ssh-tunnels')) {
        expect([readRuleMark(other), readMark(other), ownerOfAccount(other)]).toEqual([null, null, ''])
      }
    }),
    tries(300),
  )
})

const known = { publicKey: 'ssh-ed25519 AAAApub', serverHostKey: 'ssh-ed25519 AAAAC3', supervisor: 'systemd' } as const

/** The same value in the opposite order of names. */
const turned = (value: unknown): unknown =>
  typeof value !== 'object' || value === null || Array.isArray(value)
    ? value
    : Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([name, inner]) => [name, turned(inner)]),
      )

test('derive says the same of the same tunnel, in whatever order it is written', () => {
  fc.assert(
    fc.property(tunnel, one => {
      const derived = deriveTunnel(one, known)
      expect(deriveTunnel(structuredClone(one), known)).toEqual(derived)
      expect(deriveTunnel(turned(one) as Tunnel, known)).toEqual(derived)
    }),
    tries(200),
  )
})

test('what only the hosts can tell changes nothing but where it stands', () => {
  fc.assert(
    fc.property(tunnel, one => {
      const [before, after] = [deriveTunnel(one, {}), deriveTunnel(one, known)]
      const fixed = ({ placed }: typeof before) =>
        placed.filter(({ kind }) => !['key', 'authorized-key', 'service'].includes(kind))
      expect(fixed(before)).toEqual(fixed(after))
      expect(before.listening).toEqual(after.listening)
    }),
    tries(200),
  )
})

type AnyPart = Part<unknown, unknown>
const partOf = ({ kind }: Placed) => parts[kind] as unknown as AnyPart

/** What sshd says where nobody overrules the drop-in. */
const effectiveOf = ({ kind, want }: Placed): Record<string, string> =>
  kind === 'sshd' && want
    ? Object.fromEntries(
        Object.entries(want).map(([name, value]) => [
          name.toLowerCase(),
          Array.isArray(value) ? value.join(' ') : String(value),
        ]),
      )
    : {}

/** One host after another gets what is planned for it. */
function carryOut(hosts: Map<string, Snapshot>, placed: readonly Placed[], wants: (one: Placed) => unknown): number {
  let steps = 0
  for (const one of placed) {
    const part = partOf(one)
    const on = hosts.get(one.host.name) ?? empty()
    const planned = part.plan(wants(one), part.observe(on, one.at), on, one.at)
    steps += planned.length
    hosts.set(one.host.name, runOn(on, planned, effectiveOf(one)))
  }
  return steps
}

const empty = () => snapshotOf({ nft: 'policy-drop', files: { '/etc/nftables.conf': ['flush ruleset', ''] } })
const standing = ({ files, accounts, keys, units, wantedUnits, nft }: Snapshot) => ({
  files,
  accounts,
  keys,
  units,
  wantedUnits,
  nft,
})

test('what is planned comes to be, needs nothing more, becomes another tunnel of the same name, and goes without a trace', () => {
  fc.assert(
    fc.property(tunnel, tunnel, (one, next) => {
      const hosts = new Map<string, Snapshot>()
      const { name, owner, forward, client } = one
      // Of one name is one host.
      const server = next.server.name === client.name ? client : next.server
      const wanted = [one, { ...next, name, owner, forward, client, server }].map(
        tunnel => deriveTunnel(tunnel, known).placed,
      )
      for (const placed of wanted) {
        carryOut(hosts, placed, ({ want }) => want)
        expect(carryOut(hosts, placed, ({ want }) => want)).toBe(0)
        for (const one of placed) {
          const have = partOf(one).observe(hosts.get(one.host.name) ?? empty(), one.at)
          // The tiny host has neither a host key nor an effective value of its own.
          if (one.want && ['account', 'authorized-key', 'firewall', 'service'].includes(one.kind))
            expect(differences(one.want, have as Record<string, unknown> | null)).toEqual([])
        }
      }
      carryOut(hosts, [...(wanted.at(-1) ?? [])].reverse(), () => null)
      for (const on of hosts.values()) expect(standing(on)).toEqual(standing(empty()))
    }),
    tries(100),
  )
})
