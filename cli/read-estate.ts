// From a spec file to what the engine is asked for: everything declared, with its owner, and where leftovers may be.
import { dirname, parse } from 'node:path'
import { asDeclared, type Estate, hostsOf } from '../engine'
import { asUser, runsAsUser } from '../schemas/as-user'
import { legalName } from '../schemas/legal-name'
import { isOurs } from '../schemas/machine'
import { isNamed, tunnelsOf } from '../schemas/shared'
import type { Host } from '../schemas/types'
import { type Resolved, readSpec } from '../spec'
import { defaultOwner } from '../spec/default-owner'
import { suggest } from '../spec/did-you-mean'
import { orderOfCarriers } from '../spec/order'
import { likeOthers } from './read-login'

/** A word on the command line that the spec does not know. */
export class UnknownName extends Error {}

/** What a spec file declares, and in which order. */
export interface SpecEstate extends Estate {
  /** By resource those that must be up before it: a tunnel, or the connection that it shares. */
  readonly dependsOn: Resolved['dependsOn']
}

/** `more` are hosts beside the spec's, reached as those are. Throws a SpecError, or UnknownName for a name in `only`. */
export function readEstate(file: string, only: readonly string[] = [], more: readonly Host[] = []): SpecEstate {
  const spec = readSpec(file)
  const names = spec.declared.map(({ name }) => name)
  for (const name of only) {
    if (spec.tunnels.some(one => isNamed(one, [name]))) continue
    const hint = suggest(name, names) ?? (names.length > 0 ? `it has ${names.join(', ')}` : 'it has none')
    throw new UnknownName(`${file} has no tunnel ${name}; ${hint}`)
  }
  const estate = estateOf(spec, { ...ownersOf(spec, file), ownsAll: spec.owner !== null }, only)
  const others = Object.values(spec.hosts)
  return { ...estate, hosts: [...estate.hosts, ...more.map(login => likeOthers(login, others))] }
}

/** A host that the spec names. Throws a SpecError, or UnknownName. */
export function readHost(file: string, name: string): Host {
  const { hosts } = readSpec(file)
  const [host, names] = [hosts[name], Object.keys(hosts)]
  if (host && !isOurs(host))
    throw new UnknownName(`${name} in ${file} is not ours (managed: false): nobody logs in there`)
  if (host) return host
  throw new UnknownName(
    `${file} has no host ${name}; ${suggest(name, names) ?? `it has ${names.join(', ') || 'none'}`}`,
  )
}

/** The same owner as in a stack that is made from this file: main.ts calls the stack as the file. */
function ownersOf({ owner }: Resolved, file: string): Pick<Estate, 'owner' | 'formerOwner'> {
  if (owner !== null) return { owner }
  const { name } = parse(file)
  const [now, former] = [defaultOwner(name, [process.cwd(), dirname(file)]), legalName(name)]
  return now === former ? { owner: now } : { owner: now, formerOwner: former }
}

function estateOf(
  spec: Resolved,
  whose: Pick<Estate, 'owner' | 'formerOwner' | 'ownsAll'>,
  only: readonly string[],
): SpecEstate {
  const { owner } = whose
  // Of a tunnel that shares a connection now, what stood under its own name goes.
  const formerly = spec.tunnels.filter(({ shared }) => shared).flatMap(tunnelsOf)
  const dependsOn = orderOfCarriers(spec)
  const declared = [
    ...spec.middles.map(middle => ({ type: 'middle' as const, input: { ...middle, owner } })),
    ...spec.tunnels.map(tunnel => ({ type: 'tunnel' as const, input: { ...tunnel, owner } })),
  ].map(asDeclared)
  if (only.length > 0) {
    const named = declared.filter(one => one.type === 'tunnel' && isNamed(one.input, only))
    const former = only.filter(name => formerly.includes(name))
    const all = [...named.map(({ input }) => input.name), ...former]
    return { ...whose, hosts: named.flatMap(hostsOf), declared, formerly, only: all, named: only, dependsOn }
  }
  // A login on a host that is only passed through may not be able to look at anything.
  const jumps = Object.values(spec.hosts).flatMap(({ via = [] }) => via.map(({ name }) => name))
  const looked = Object.values(spec.hosts)
    .filter(host => isOurs(host) && !jumps.includes(host.name))
    .map(host => (runsAsUser(host) ? asUser(host) : host))
  return { ...whose, hosts: [...looked, ...declared.flatMap(hostsOf)], declared, formerly, dependsOn }
}
