// The differences between what is declared and what a host shows, part by part and value by value. Pure, but for the place of a proof.
import { formatAddress } from '../../schemas/address'
import { listeningHost } from '../../schemas/check-listen'
import { flagOf, forwardOf, singlesOf } from '../../schemas/forward'
import { isToMend } from '../../schemas/probe'
import { fits, isUntold } from '../look/differ'
import type { Look, Observed, State } from '../look/look'
import { readMark } from '../parts/mark'
import { knownAfterApply } from '../parts/part'
import { serviceFile } from '../parts/service'
import { findPlace } from '../proof/prove'
import type { Declared } from '../wish/declared'
import { allForwards, type Placed } from '../wish/placed'
import type { Leftover } from './leftovers'

export interface ValueChange {
  readonly name: string
  readonly have: unknown
  /** The symbol `knownAfterApply` for what only an apply can tell. */
  readonly want: unknown
}

export interface PartChange {
  readonly action: 'create' | 'update' | 'remove'
  readonly attribute: string
  /** The host's name. */
  readonly host: string
  readonly values: readonly ValueChange[]
}

type Compared = Pick<Placed, 'attribute' | 'host' | 'want'>

export function comparePart({ attribute, host, want }: Compared, have: State | null, isUnsure: boolean): PartChange[] {
  const at = { attribute, host: host.name }
  if (want === null) return have === null ? [] : [{ ...at, action: 'remove', values: allOf(have, 'have') }]
  if (have === null) {
    return [
      { ...at, action: 'create', values: allOf({ ...want, ...(isUnsure ? { open: knownAfterApply } : {}) }, 'want') },
    ]
  }
  const values = Object.entries(want)
    .map(([name, value]) => ({ name, have: have[name] ?? null, want: value as unknown }))
    .filter(
      ({ want: wanted, have: found }) =>
        wanted === knownAfterApply || !(isUntold(wanted, found) || fits(wanted, found)),
    )
  return values.length > 0 ? [{ ...at, action: 'update', values }] : []
}

const allOf = (state: object, side: 'have' | 'want'): ValueChange[] =>
  Object.entries(state).map(([name, value]) => ({ name, have: null, want: null, [side]: value }))

/** A far that did not answer is asked again by an apply, unless its silence is only a warning. */
export function compareProof(declared: Declared, seen: Observed | null): PartChange[] {
  if (declared.type !== 'tunnel' || !seen?.proof) return []
  const { proof, proofs } = seen
  return singlesOf(declared.input).flatMap((single, index) => {
    if (!isToMend(single, proofs?.[index] ?? proof)) return []
    const values = [{ name: 'answered', have: false, want: knownAfterApply }]
    return [{ action: 'update', attribute: 'proof', host: listeningHost(single).name, values }]
  })
}

/** The new key pair of a tunnel whose key is as declared. */
export function describeRotation({ derived, snapshotOf }: Look): PartChange[] {
  const key = derived.placed.find(placed => placed.kind === 'key')
  if (key?.kind !== 'key') return []
  const have = snapshotOf(key.host).keys[key.at.path] ?? null
  return [
    {
      action: 'update',
      attribute: key.attribute,
      host: key.host.name,
      values: [{ name: 'publicKey', have, want: knownAfterApply }],
    },
  ]
}

/** From where it will be proved. */
export async function describeNewProof(look: Look): Promise<PartChange[]> {
  const all = await Promise.all(
    allForwards(look.derived).map(async (listening): Promise<PartChange[]> => {
      const place = await findPlace(look, listening)
      if (!place) return []
      const values = allOf({ from: place.name, pastFirewall: place.pastFirewall, answered: knownAfterApply }, 'want')
      return [{ action: 'create', attribute: 'proof', host: listening.host.name, values }]
    }),
  )
  return all.flat()
}

export const describeLeftover = ({ host, parts }: Leftover): PartChange[] =>
  parts.map(({ placed: { attribute }, have }) => ({
    action: 'remove',
    attribute,
    host: host.name,
    values: allOf(have ?? {}, 'have').filter(({ name }) => !untold.includes(`${attribute}.${name}`)),
  }))

/** What a stand-in cannot know: it pins no server and opens no port. */
const untold = ['key.hostKey', 'firewall.manager', 'firewall.open', 'firewall.persistent']

/** What a new tunnel is; a new middle's settings are all in its parts. */
export function describeNew({ declared, derived }: Look): ValueChange[] {
  if (declared.type === 'middle') return []
  const { forward, listen, far, permitOpen, forwards, allowFrom, client, server, jumps } = declared.input
  const { command, endpoint, endpoints } = derived.outputs
  const given = {
    forward,
    listen,
    far,
    permitOpen,
    forwards: forwards && singlesOf(declared.input).map(single => flagOf(forwardOf(single))),
    allowFrom,
    client: client.name,
    jumps: jumps?.map(({ name }) => name),
    server: server.name,
    command,
    ...(endpoints ? { endpoints } : { endpoint }),
  }
  return Object.entries(given).flatMap(([name, want]) => (want === undefined ? [] : [{ name, have: null, want }]))
}

/** What the unit on the host does, as its mark says, against what it should: of the unit itself a plan shows only the checksum. */
export function compareCommand({ derived, snapshotOf }: Look): ValueChange[] {
  const service = derived.placed.find(placed => placed.kind === 'service')
  if (service?.kind !== 'service') return []
  const notesOf = (text: string) => readMark(text)?.notes ?? {}
  const have = notesOf(serviceFile(snapshotOf(service.host), service.at.unit)?.text ?? '')
  const listens = derived.unchosen
    ? knownAfterApply
    : derived.listening.map(({ of }) => formatAddress(forwardOf(of).listen)).join(' ')
  const wanted = { listen: ['listens', listens], command: ['command', derived.outputs.command] } as const
  return Object.entries(wanted).flatMap(([name, [note, want]]) =>
    have[note] === undefined || have[note] === want ? [] : [{ name, have: have[note], want }],
  )
}
