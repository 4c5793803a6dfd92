// The one adapter: any declared resource, its schema and its parts, as a Terraform resource.
import { isDeepStrictEqual } from 'node:util'
import {
  asDeclared,
  attributesOf,
  type Declared,
  derive,
  Fault,
  leave,
  make,
  type Observed,
  read,
  remove,
  tellRemoval,
} from '../engine'
import { unitOf } from '../schemas/describe-tunnel'
import { type Single, singlesOf } from '../schemas/forward'
import { isToMend, probeKind } from '../schemas/probe'
import { camelCase, snakeCase } from '../schemas/snake-case'
import type { Proof, Tunnel } from '../schemas/types'
import { asDiagnostic, splitMessage } from './faults'
import { beginApplying, isApplying, lookAhead, rememberRead, rememberStanding } from './foresight'
import { takenOut, withAllJumps } from './jumps'
import { withCurrentLogins, withCurrentProbers } from './logins'
import { findMistakes } from './mistakes'
import {
  changedSince,
  formerName,
  itselfFrom,
  knownFrom,
  knowsAll,
  planExtra,
  planFirewall,
  portsFrom,
  replacingPaths,
  withKnown,
  withRotateAsText,
  withRotateOf,
} from './moves'
import { fromTerraform, hasUnknown, toTerraform } from './names'
import { ownerOf } from './owner'
import {
  type Attribute,
  type Diagnostic,
  log,
  type Obj,
  type Resource,
  type Schema,
  unknown,
  type Value,
} from './plugin'
import { upgradeState } from './upgrade'

export interface Adapted {
  readonly type: Declared['type']
  readonly schema: Schema
  /** Arguments of which a change makes another resource, beside those that say which machine a side is. */
  readonly replacing: readonly string[]
  /** The arguments that are hosts. */
  readonly sides: readonly string[]
}

export function adapt({ type, schema, replacing, sides }: Adapted): Resource {
  const isInput = ({ required, optional }: Attribute) => required || optional
  const inputNames = schema.attributes.filter(isInput).map(({ name }) => name)
  const computedNames = schema.attributes.filter(one => !isInput(one)).map(({ name }) => name)
  const pick = (object: Obj, names: readonly string[]): Obj =>
    Object.fromEntries(names.map(name => [name, object[name] ?? null]))
  const declare = (object: Obj) => asDeclared({ type, input: fromTerraform(pick(object, inputNames), '') } as Declared)
  const computedOf = (values: Readonly<Record<string, unknown>>): Obj =>
    Object.fromEntries(computedNames.map(name => [name, toTerraform(values[camelCase(name)])]))
  const stateOf = (inputs: Obj, seen: Observed): Obj => ({
    ...pick(inputs, inputNames),
    ...computedOf({ ...seen.parts, ...seen.outputs, proof: seen.proof, proofs: seen.proofs }),
  })
  const removeAs = async (prior: Obj) => {
    try {
      await remove(declare(prior), teller(prior), { sparesMade: true })
    } catch (why) {
      throw withWayOut(why)
    }
  }
  /** Why one of them could not be left; null for none. */
  const leaveAll = async (planned: Obj, out: readonly Obj[]): Promise<unknown> => {
    const tunnel = declare(planned).input as Tunnel
    const { jumps } = declare(withCurrentLogins({ ...planned, jumps: [...out] }, ['jumps'])).input as Tunnel
    const left = await Promise.allSettled((jumps ?? []).map(host => leave(tunnel, host, teller(planned))))
    return left.find(one => one.status === 'rejected')?.reason ?? null
  }
  const teller = (inputs: Obj) => (what: string) =>
    log('info', what, { resource: `sshtunnel_${type}.${String(inputs.name)}` })

  return {
    schema,

    validate: config => findMistakes(type, config, inputNames),

    async plan({ prior, proposed, config, unread, again }) {
      if (prior) rememberStanding(declare(prior))
      if (!proposed) {
        const theirs = prior && tellTheirs(declare(prior))
        return { planned: null, ...(theirs && { diagnostics: [asDiagnostic('warning', theirs)] }) }
      }
      const given: Obj = { ...pick(proposed, inputNames), owner: ownerOf(prior, config) }
      const replaced = replacingPaths(prior, given, replacing, sides)
      const former = type === 'tunnel' ? formerName(prior, given, replaced) : null
      const requiresReplace = former === null ? replaced : []
      const inputs = withRotateAsText(given)
      if (hasUnknown(inputs)) return { planned: { ...inputs, ...fill(computedNames, unknown) }, requiresReplace }
      if (unread) {
        // What nobody could read is not known: a plan without a change would say that all is well.
        const { outputs } = derive(declare(inputs), { itself: itselfFrom(prior, inputs) })
        return {
          planned: { ...inputs, ...fill(computedNames, unknown), ...(toTerraform(outputs) as Obj) },
          requiresReplace,
        }
      }
      const declared = declare(inputs)
      const planWith = (known: Parameters<typeof derive>[1]): Obj => {
        const derived = derive(declared, known)
        const parts = attributesOf(derived, ({ want }) => want)
        const planned = { ...inputs, ...computedOf({ ...parts, ...derived.outputs }) }
        const wantedBefore = (part: string) => (was: Obj) =>
          toTerraform(
            derive(declare(was), { ports: portsFrom(was) }).placed.find(({ attribute }) => attribute === part)?.want,
          )
        for (const { attribute, kind } of derived.placed) {
          if (kind !== 'firewall') continue
          const name = snakeCase(attribute)
          planned[name] = planFirewall(planned[name] ?? null, prior, wantedBefore(attribute), name)
        }
        planned.sshd = planExtra(planned.sshd ?? null, prior, wantedBefore('sshd'))
        return type === 'tunnel' ? { ...planned, ...planProofs(prior, planned, sides) } : planned
      }
      const { serverHostKey, ...own } = knownFrom(prior, inputs)
      // Key and ports are a name's own.
      const known = former === null ? { serverHostKey, ...own } : { serverHostKey }
      const before: Parameters<typeof derive>[1] = { ...known, itself: itselfFrom(prior, inputs) }
      const planned = planWith(before)
      if (again || (prior && isSame(prior, planned))) return { planned: withRotateOf(given, planned), requiresReplace }
      const isUpdate = prior !== null && requiresReplace.length === 0
      const vague = isUpdate && type === 'tunnel' && !knowsAll(before, inputs) ? declare(prior) : null
      const ahead = await lookAhead(declared, { isNew: !prior || former !== null, vague })
      // Of all others the plan within the apply says the same without a look.
      const whole = vague && ahead?.known ? planWith(withKnown(before, ahead.known)) : planned
      const renaming =
        prior === null || former === null || isApplying() ? [] : [renamed(declare(prior), String(inputs.name))]
      return {
        planned: withRotateOf(given, whole),
        requiresReplace,
        diagnostics: [...renaming, ...(ahead?.diagnostics ?? [])],
      }
    },

    async read(remembered) {
      const state = withCurrentProbers(withCurrentLogins(remembered, [...sides, 'jumps']))
      try {
        rememberRead(declare(state))
        const seen = await read(declare(state))
        if (!seen) return { state: null }
        return { state: stateOf(state, seen), diagnostics: seen.warnings.map(text => asDiagnostic('warning', text)) }
      } catch (why) {
        if (!(why instanceof Fault)) throw why
        return { state: remembered, unread: true, diagnostics: [notRead(String(state.name), why)] }
      }
    },

    async apply({ prior, planned }) {
      beginApplying()
      if (!planned) {
        if (!prior) return { state: null }
        await removeAs(withCurrentLogins(prior, [...sides, 'jumps']))
        const theirs = tellTheirs(declare(prior))
        return { state: null, ...(theirs && { diagnostics: [asDiagnostic('warning', theirs)] }) }
      }
      const declared = declare(planned)
      const former = prior && prior.name !== planned.name ? withCurrentLogins(prior, sides) : null
      const out = type === 'tunnel' ? takenOut(prior, planned) : []
      try {
        const made = await make(declared, teller(planned), {
          isNew: (!prior || former !== null) && planned.adopt !== true,
          ...(former && { follows: unitOf({ name: String(former.name) }) }),
        })
        if (former) await removeAs(former)
        const now = stateOf(planned, made)
        // A proof that was planned to stay holds where far has answered, or not, as before.
        const stays = planned.proof !== unknown && isDeepStrictEqual(answersOf(planned), answersOf(now))
        const kept: Obj = { proof: planned.proof ?? null, proofs: planned.proofs ?? null }
        const state: Obj = type === 'tunnel' && stays ? { ...now, ...kept } : now
        const notLeft = await leaveAll(planned, out)
        if (notLeft) return { state: withAllJumps(state, out), diagnostics: [asDiagnostic('error', notLeft)] }
        const changed = changedSince(planned, state)
        const meanwhile = changed.length > 0 ? [changedMeanwhile(changed)] : []
        const theirs = former && tellTheirs(declare(former))
        const warnings = [...made.warnings, ...(theirs ? [theirs] : [])].map(text => asDiagnostic('warning', text))
        return { state, diagnostics: [...warnings, ...meanwhile] }
      } catch (why) {
        // What stands may be another configuration's: remembered, it would be removed by the next apply.
        if (why instanceof Fault && why.code === 'would-take-over' && !former) throw why
        // What it was called stands, or what of it could not be removed: the next plan goes on from there.
        if (former) {
          await make(declare(former), teller(former)).catch(() => {})
          return { state: prior, diagnostics: [asDiagnostic('error', why)] }
        }
        // Undefined where nobody can tell.
        const seen = await read(declared).catch(() => undefined)
        if (seen) return { state: withAllJumps(stateOf(planned, seen), out), diagnostics: [asDiagnostic('error', why)] }
        if (prior) return { state: prior, diagnostics: [asDiagnostic('error', why)] }
        // A create that was taken back leaves nothing to remember. What may stand on a host that is away must not be forgotten: Terraform
        // keeps it as tainted, and the next read tells.
        if (seen === null || !isNotUndone(why)) throw why
        return {
          state: { ...pick(planned, inputNames), ...fill(computedNames, null) },
          diagnostics: [asDiagnostic('error', why)],
        }
      }
    },

    upgrade: upgradeState,

    importState(id) {
      const given = parseId(id)
      const mistakes = findMistakes(type, given, inputNames)
      const [first] = mistakes
      if (first) throw new Error(`the import ID describes no ${type}: ${first.summary}\n${first.detail ?? ''}`)
      return { state: { ...fill(computedNames, null), ...pick(given, inputNames), owner: ownerOf(null, given) } }
    },
  }
}

/** What a side keeps that is not ours to clear. */
const tellTheirs = (declared: Declared): string | null =>
  declared.type === 'tunnel' ? tellRemoval(declared.input) : null

function renamed(before: Declared, to: string): Diagnostic {
  const from = before.input.name
  const theirs = tellTheirs(before)
  const ours = `All of ${to} is made first. Then ssh of ${from} stops and that of ${to} starts, in one go: for as long as its login takes, about half a second, the port refuses. What was ${from}'s is removed at the end.`
  // Nobody here does the one right after the other there.
  const handed = `What its owner has for ${from} is of no use after that: until he has done for ${to} what ssh-tunnels handover SPEC ${to} prints, nobody is answered.`
  return {
    severity: 'warning',
    summary: `${from} goes on as ${to}: open connections through it end`,
    detail: theirs === null ? ours : `${handed}\nThen, for it ${theirs}`,
  }
}

const isNotUndone = (why: unknown) => why instanceof Fault && why.code === 'not-undone'
const fill = (names: readonly string[], value: Value): Obj => Object.fromEntries(names.map(name => [name, value]))
const changedMeanwhile = (names: readonly string[]): Diagnostic => ({
  severity: 'error',
  summary: `the hosts were changed since the plan: ${names.join(', ')}`,
  detail: 'What was asked for has been done, with other values than the plan showed. Plan again.',
})

/** Terraform plans on: a host that is away must not stand in the way of all others. */
const notRead = (name: string, why: Fault): Diagnostic => ({
  severity: 'warning',
  summary: `${name} could not be read: ${why.what}`,
  detail: `The state is from the last time that it could.\n${splitMessage(why.message).detail}`,
})

/** A host that is gone for good would stand in the way of every destroy. */
function withWayOut(why: unknown): unknown {
  if (!(why instanceof Fault) || !['host-unreachable', 'name-unresolved', 'proxy-command-failed'].includes(why.code))
    return why
  const way = `if ${why.host} is gone for good, terraform state rm forgets the resource`
  return new Fault(
    { ...why, code: why.code, host: why.host, what: why.what, cure: [why.cure, way].filter(Boolean).join('\n') },
    { cause: why },
  )
}

const isSame = (a: Value, b: Value): boolean => isDeepStrictEqual(fromTerraform(a, ''), fromTerraform(b, ''))

const answeredOf = (proof: Value | undefined): Value => (proof as Obj | null | undefined)?.answered ?? null

/** Of the tunnel, and of each of several forwards. */
const answersOf = ({ proof, proofs }: Obj): Value[] => [answeredOf(proof), ...listOf(proofs).map(answeredOf)]

const listOf = (value: Value | undefined): readonly Value[] => (Array.isArray(value) ? (value as Value[]) : [])

/** Proofs hold as long as nothing is about to change but how a host is reached, and a deploy could not better them. */
function planProofs(prior: Obj | null, planned: Obj, sides: readonly string[]): Obj {
  const left = [...sides, 'jumps', 'proof', 'proofs']
  const rest = (object: Obj): Obj => Object.fromEntries(Object.entries(object).filter(([name]) => !left.includes(name)))
  const singles = singlesOf(fromTerraform(planned, '') as Tunnel)
  if (prior && isSame(rest(planned), rest(prior))) {
    const { proof = null, proofs = null } = prior
    const known = [...listOf(proofs), proof as Value].map(one => fromTerraform(one, '') as Proof | null)
    const isToMendOne = (single: Single, index: number) => known[index] && isToMend(single, known[index])
    if (proof !== null && !singles.some(isToMendOne)) return { proof, proofs }
    if (proof === null && sides.every(side => isSame(planned[side] ?? null, prior[side] ?? null)))
      return { proof: null, proofs: null }
  }
  const isAsked = planned.enabled !== false && singles.some(single => probeKind(single) !== 'none')
  return { proof: isAsked ? unknown : null, proofs: isAsked && singles.length > 1 ? unknown : null }
}

/** The import ID is the resource's own arguments as JSON: they say how its hosts are reached. */
function parseId(id: string): Obj {
  try {
    const value: unknown = JSON.parse(id)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [snakeCase(name), inner as Value]))
    }
  } catch {
    // Said below.
  }
  throw new Error(
    'the import ID is not a JSON object\nIt holds the arguments of the resource, for example {"name":"db","forward":"local","listen":"...","far":"...","client":{...},"server":{...}}.',
  )
}
