// What a change of the arguments means: another tunnel, or another machine under it; and what still holds of what was read before.
import { isDeepStrictEqual } from 'node:util'
import { type derive, fits, knownAfterApply, supervisors } from '../engine'
import { isUsers, withLogins } from '../schemas/as-user'
import { type ChosenPort, parseChosen } from '../schemas/chosen-port'
import { isSameWay, movedBy } from '../schemas/machine'
import { handWritten } from '../schemas/owner'
import { snakeCase } from '../schemas/snake-case'
import type { Host, Tunnel } from '../schemas/types'
import { jumpsOf, knownJumpKeys } from './jumps'
import { fromTerraform, hasUnknown } from './names'
import { type Obj, unknown, type Value } from './plugin'

type Path = readonly string[]

/** As the engine fills them in (engine/wish/placed.ts). */
const defaults: Readonly<Record<string, Value>> = { owner: handWritten, local: false, managed: true, port: 22 }

const at = (object: Obj | null, path: Path): Value => {
  let value: Value = object
  for (const name of path) value = (typeof value === 'object' && value !== null ? (value as Obj)[name] : null) ?? null
  return value ?? defaults[path.at(-1) ?? ''] ?? null
}

const differs = (prior: Obj, inputs: Obj, path: Path): boolean => at(prior, path) !== at(inputs, path)

/** Some text, for what is not known yet: it is like no other. */
const notYet = '(known after apply)'

const wayOf = (object: Obj, side: string) => {
  const via = at(object, [side, 'via'])
  const [name, proxy_command, ssh_config] = ['name', 'proxy_command', 'ssh_config'].map(one => at(object, [side, one]))
  const known = via === unknown ? [{ name: notYet, address: notYet }] : via
  return fromTerraform({ name, proxy_command, ssh_config, via: known } as Obj, notYet) as Partial<Host>
}

const reachedOf = (object: Obj, side: string) => ({
  ...wayOf(object, side),
  address: at(object, [side, 'address']),
  local: at(object, [side, 'local']),
  managed: at(object, [side, 'managed']),
  port: at(object, [side, 'port']),
  hostKey: at(object, [side, 'host_key']),
})

/** The paths whose change makes another resource: the old one is removed where it stands. */
export function replacingPaths(
  prior: Obj | null,
  inputs: Obj,
  own: readonly string[],
  sides: readonly string[],
): Path[] {
  if (!prior) return []
  return [
    ...own.map(name => [name]).filter(path => differs(prior, inputs, path)),
    ...sides.flatMap(side =>
      movedBy(reachedOf(prior, side), reachedOf(inputs, side)).map(name => [side, snakeCase(name)]),
    ),
    ...(sides.includes('client') ? changesHands(prior, inputs) : []),
  ]
}

/** What root has made no user can remove, nor would root find what is a user's. */
function changesHands(prior: Obj, inputs: Obj): Path[] {
  if ([prior, inputs].some(one => hasUnknown(one.client) || hasUnknown(one.server))) return []
  const [before, now] = [prior, inputs].map(one => {
    const { client, server } = one
    return isUsers(withLogins(fromTerraform({ client, server } as Obj, notYet) as Tunnel).client)
  })
  if (before === now) return []
  const paths = ['supervisor', 'become', 'user'].map(name => ['client', name])
  return [paths.find(path => differs(prior, inputs, path)) ?? ['client']]
}

/** The name that a tunnel had, where nothing else makes another one of it: then it goes on under the new one. */
export function formerName(prior: Obj | null, inputs: Obj, replacing: readonly Path[]): string | null {
  const isOnlyNamed = replacing.length === 1 && replacing[0]?.join() === 'name' && inputs.name !== unknown
  return prior && isOnlyNamed && !hasOneRule(prior) ? String(prior.name) : null
}

/** ufw and firewalld's zones have one rule of the same words, whosever it is: two names of a tunnel cannot both have it. */
const hasOneRule = (prior: Obj): boolean =>
  ['firewall', 'other_firewall'].some(part => /\b(ufw|firewalld)\b/.test(textOf(at(prior, [part, 'manager'])) ?? ''))

const textOf = (value: Value): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

const isReachedAsBefore = (prior: Obj, inputs: Obj, side: string): boolean =>
  ['address', 'local', 'managed', 'port', 'host_key'].every(name => !differs(prior, inputs, [side, name])) &&
  isSameWay(wayOf(prior, side), wayOf(inputs, side)) &&
  JSON.stringify(at(prior, [side, 'via'])) === JSON.stringify(at(inputs, [side, 'via']))

/** Where a host finds its own sshd, as the last read has told; only an apply can tell when nobody has asked it. */
export function itselfFrom(prior: Obj | null, inputs: Obj): string | typeof knownAfterApply {
  if (!prior || !isReachedAsBefore(prior, inputs, 'server')) return knownAfterApply
  return /@(\S+)$/.exec(textOf(at(prior, ['command'])) ?? '')?.[1] ?? knownAfterApply
}

/** What the last read has told; of a side that is reached in another way than then it tells nothing. */
export function knownFrom(prior: Obj | null, inputs: Obj): Known {
  if (!prior) return {}
  const same = (side: string) => isReachedAsBefore(prior, inputs, side)
  return {
    ...(same('client') && isToStay(prior, inputs)
      ? { publicKey: textOf(at(prior, ['key', 'public_key'])), rotation: textOf(at(prior, ['key', 'rotation'])) }
      : {}),
    serverHostKey: same('server') ? textOf(at(prior, ['server_host_key'])) : undefined,
    // Of one that was named until now nobody has looked who would be chosen.
    supervisor: named(inputs) ?? (isChosenAsBefore(prior, inputs) ? (named(prior) ?? found(prior)) : undefined),
    ...(portsFrom(prior).length > 0 && { ports: portsFrom(prior) }),
    ...(jumpsOf(inputs).length > 0 && {
      jumpHostKeys: knownJumpKeys(prior, inputs, (before, now) =>
        isReachedAsBefore({ jump: before }, { jump: now }, 'jump'),
      ),
    }),
  }
}

const isChosenAsBefore = (prior: Obj, inputs: Obj): boolean =>
  isReachedAsBefore(prior, inputs, 'client') && !differs(prior, inputs, ['client', 'supervisor'])

const supervisorAt = (object: Obj, path: Path) => supervisors.find(name => name === at(object, path))
const named = (object: Obj) => supervisorAt(object, ['client', 'supervisor'])
const found = (prior: Obj) => supervisorAt(prior, ['service', 'supervisor'])

/** Whether that is all that a plan needs to be whole. */
export const knowsAll = ({ publicKey, serverHostKey, supervisor, jumpHostKeys }: Known, inputs: Obj): boolean =>
  Boolean(publicKey && serverHostKey && supervisor) && jumpsOf(inputs).every((_, index) => jumpHostKeys?.[index])

type Known = Pick<
  Parameters<typeof derive>[1],
  'publicKey' | 'rotation' | 'next' | 'serverHostKey' | 'supervisor' | 'jumpHostKeys' | 'ports'
>

/** What its hosts have chosen, as the last read has told. */
export const portsFrom = (prior: Obj): readonly ChosenPort[] =>
  ['ports', 'server_ports'].flatMap(part => {
    const chosen = at(prior, [part, 'chosen'])
    return Array.isArray(chosen) ? chosen.flatMap(line => parseChosen(String(line)) ?? []) : []
  })

/** Whether the key is the one that is asked for, and no other waits to take its place: then its path says so. */
function isToStay(prior: Obj, inputs: Obj): boolean {
  const [path, rotate] = [at(prior, ['key', 'path']), at(inputs, ['rotate'])]
  return (
    !(typeof path === 'string' && path.includes(' ')) && (rotate === null || at(prior, ['key', 'rotation']) === rotate)
  )
}

/**
 * Whether a port is open is the host's to tell. Of the same openings as before (`wantedOf` a state) it is known already: they are open, or
 * nobody can tell.
 */
export function planFirewall(
  planned: Value,
  prior: Obj | null,
  wantedOf: (state: Obj) => Value,
  attribute = 'firewall',
): Value {
  if (typeof planned !== 'object' || planned === null) return planned
  const before = (prior?.[attribute] ?? null) as Obj | null
  const isSame =
    prior && before && isDeepStrictEqual(at(wantedOf(prior) as Obj | null, ['opens']), (planned as Obj).opens)
  return isSame
    ? {
        ...planned,
        manager: before.manager ?? unknown,
        open: trueOrNull(before.open),
        persistent: trueOrNull(before.persistent),
      }
    : { ...planned, manager: unknown, open: unknown, persistent: unknown }
}

/** Whether the lines of `extra` are in effect is sshd's to tell, and of the same lines as before it is known already. */
export function planExtra(planned: Value, prior: Obj | null, wantedOf: (state: Obj) => Value): Value {
  if (typeof planned !== 'object' || planned === null || !(planned as Obj).extra) return planned
  const before = (prior?.sshd ?? null) as Obj | null
  const isSame =
    prior && before && isDeepStrictEqual(at(wantedOf(prior) as Obj | null, ['extra']), (planned as Obj).extra)
  return { ...planned, extra_in_effect: isSame ? trueOrNull(before.extra_in_effect) : unknown }
}

const trueOrNull = (before: Value | undefined): Value => (before === null ? null : true)

/** With what a look tells where the last read tells nothing: a plan and the apply's plan after it must not differ. */
export const withKnown = <K extends Known>(before: K, seen: Known): K => ({
  ...before,
  ports: before.ports?.length ? before.ports : seen.ports,
  ...(before.publicKey ? {} : { publicKey: seen.publicKey, rotation: seen.rotation, next: seen.next }),
  jumpHostKeys: seen.jumpHostKeys?.map((key, index) => before.jumpHostKeys?.[index] ?? key),
  serverHostKey: before.serverHostKey ?? seen.serverHostKey,
  supervisor: before.supervisor ?? seen.supervisor,
})

/** Attributes whose known planned value is not what came of it: somebody has changed a host between plan and apply. */
export const changedSince = (planned: Obj, state: Obj): string[] => {
  const [want, have] = [planned, state].map(one => fromTerraform(one, knownAfterApply) as Record<string, unknown>)
  return Object.keys(want ?? {}).filter(name => !fits(want?.[name] ?? null, have?.[name] ?? null))
}

/** A trigger that an apply will tell, such as time_rotating's, asks for a new key and leaves all else known. */
export const withRotateAsText = (inputs: Obj): Obj =>
  inputs.rotate === unknown ? { ...inputs, rotate: notYet } : inputs

/** What is planned of such a one. */
export const withRotateOf = (given: Obj, planned: Obj): Obj =>
  given.rotate === unknown
    ? { ...planned, rotate: unknown, key: { ...(planned.key as Obj), rotation: unknown } }
    : planned
