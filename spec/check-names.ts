// Names of hosts that the spec uses: does each exist, and does no way to a host lead through itself?
import type { Spec } from '../schemas/types'
import { suggest } from './did-you-mean'
import type { Flaw, Path } from './flaw'
import { isUnknown } from './mend'
import { findHost, thisMachine } from './resolve'

export function checkNames(spec: Spec): Flaw[] {
  return [
    ...Object.entries(spec.hosts).flatMap(([name, { via = [] }]) =>
      via.flatMap((jump, index) => checkJump(jump, ['hosts', name, 'via', index], spec)),
    ),
    ...findCircles(spec),
    ...Object.entries(spec.tunnels ?? {}).flatMap(
      ([name, { client, server, forward, probeFrom = thisMachine.name }]) => [
        ...checkName(client, ['tunnels', name, 'client'], spec),
        ...(server === undefined ? [] : checkName(server, ['tunnels', name, 'server'], spec)),
        ...(probeFrom === thisMachine.name ? [] : checkName(probeFrom, ['tunnels', name, 'probeFrom'], spec)),
        ...(server === undefined && forward === 'remote' ? [sayNoServer(name)] : []),
      ],
    ),
  ]
}

function sayNoServer(name: string): Flaw {
  const hint = 'server: name of the host that listens'
  return { path: ['tunnels', name], at: 'key', code: 'missing-key', message: `tunnel ${name} has no server`, hint }
}

function checkName(name: string, path: Path, spec: Spec): Flaw[] {
  if (isUnknown(name) || findHost(spec, name)) return []
  const names = Object.keys(spec.hosts)
  const known = names.length > 0 ? `known hosts: ${names.slice(0, 8).join(', ')}` : 'name it under hosts'
  return [{ path, code: 'unknown-host', message: `there is no host ${name}`, hint: suggest(name, names) ?? known }]
}

function checkJump(name: string, path: Path, spec: Spec): Flaw[] {
  if (!findHost(spec, name)?.local) return checkName(name, path, spec)
  const hint = 'the way to every host starts here anyway: leave it out'
  return [{ path, code: 'local-jump', message: `${name} is this machine, so it cannot be a jump host`, hint }]
}

/** Each circle once, at the entry that closes it. */
function findCircles(spec: Spec): Flaw[] {
  const flaws: Flaw[] = []
  const done = new Set<string>()
  const walk = (name: string, way: readonly string[]) => {
    for (const [index, jump] of (findHost(spec, name)?.via ?? []).entries()) {
      if (way.includes(jump)) {
        const message = `the way to ${jump} leads through itself`
        const hint = [...way.slice(way.indexOf(jump)), jump].join(' via ')
        flaws.push({ path: ['hosts', name, 'via', index], code: 'circle', message, hint })
      } else if (!done.has(jump)) walk(jump, [...way, jump])
    }
    done.add(name)
  }
  for (const name of Object.keys(spec.hosts)) if (!done.has(name)) walk(name, [name])
  return flaws
}
