// Names of hosts that the spec uses: does each exist, and does no way to a host lead through itself?
import { hasRemote } from '../schemas/forward'
import type { Spec } from '../schemas/types'
import { checkOrder } from './check-order'
import { findCircles, tellCircle } from './circles'
import { suggest } from './did-you-mean'
import type { Flaw, Path } from './flaw'
import { isUnknown } from './mend'
import { findHost, type Resolved, thisMachine } from './resolve'

export function* checkNames(spec: Spec, resolved: Resolved): Generator<Flaw> {
  const checkName = makeCheckName(spec)
  for (const [name, { via = [] }] of Object.entries(spec.hosts)) {
    for (const [index, jump] of via.entries()) {
      const path = ['hosts', name, 'via', index]
      const host = findHost(spec, jump)
      yield* host?.local ? [sayLocalJump(jump, path)] : checkName(jump, path)
      if (host?.managed === false) yield sayTheirs(jump, path)
    }
  }
  yield* findWaysThroughThemselves(spec)
  yield* checkOrder(spec, resolved)
  for (const [name, tunnel] of Object.entries(spec.tunnels ?? {})) {
    const { client, server, jumps = [], forwards = [] } = tunnel
    yield* checkName(client, ['tunnels', name, 'client'])
    if (server !== undefined) yield* checkName(server, ['tunnels', name, 'server'])
    for (const [index, jump] of jumps.entries()) yield* checkName(jump, ['tunnels', name, 'jumps', index])
    const provers = [tunnel, ...forwards].map(({ probeFrom = thisMachine.name }) => probeFrom)
    for (const [index, prover] of provers.entries()) {
      const place = index === 0 ? [] : ['forwards', index - 1]
      if (prover !== thisMachine.name) yield* checkName(prover, ['tunnels', name, ...place, 'probeFrom'])
    }
    if (server === undefined && hasRemote(tunnel)) yield sayNoServer(name)
  }
}

function sayNoServer(name: string): Flaw {
  const hint = 'server: name of the host that listens'
  return { path: ['tunnels', name], at: 'key', code: 'missing-key', message: `tunnel ${name} has no server`, hint }
}

/** Names that are compared with one that is wrong, in all: with thousands of hosts and of slips it would take seconds. */
const mostCompared = 100_000

function makeCheckName(spec: Spec): (name: string, path: Path) => Flaw[] {
  const names = Object.keys(spec.hosts)
  const known = names.length > 0 ? `known hosts: ${names.slice(0, 8).join(', ')}` : 'name it under hosts'
  let compared = 0
  return (name, path) => {
    if (isUnknown(name) || findHost(spec, name)) return []
    compared += names.length
    const meant = compared > mostCompared ? undefined : suggest(name, names)
    return [{ path, code: 'unknown-host', message: `there is no host ${name}`, hint: meant ?? known }]
  }
}

function sayLocalJump(name: string, path: Path): Flaw {
  const hint = 'the way to every host starts here anyway: leave it out'
  return { path, code: 'local-jump', message: `${name} is this machine, so it cannot be a jump host`, hint }
}

function sayTheirs(name: string, path: Path): Flaw {
  const hint = 'a host entry of its own, without managed: false, says how you log in there'
  return { path, code: 'not-managed', message: `${name} is not ours, so it cannot be a jump host`, hint }
}

/** Each circle once, at the entry that closes it. */
function* findWaysThroughThemselves(spec: Spec): Generator<Flaw> {
  const jumpsOf = (name: string) => findHost(spec, name)?.via ?? []
  for (const { name, index, circle } of findCircles(Object.keys(spec.hosts), jumpsOf)) {
    const message = `the way to ${circle[0]} leads through itself`
    yield { path: ['hosts', name, 'via', index], code: 'circle', message, hint: tellCircle(circle, ' via ') }
  }
}
