// The several forwards of one tunnel: does what stands beside them belong to one alone, and are they apart? Pure.
import type { Finding } from './finding'
import type { Single } from './forward'
import type { Tunnel, TunnelForward } from './types'

/** As many as were tried (test/wide/shared.test.ts): what they amount to goes to sshd in one message. */
export const mostForwards = 1000

function checkNumber(forwards: NonNullable<Tunnel['forwards']>): Finding[] {
  if (forwards.length <= mostForwards) return []
  const message = `one ssh carries at most ${mostForwards} forwards, and these are ${forwards.length}`
  return [{ path: ['forwards', mostForwards], code: 'many-forwards', message, hint: 'divide them between several' }]
}

/** What is each forward's own. */
const ofOne = ['forward', 'listen', 'far', 'permitOpen', 'probeStatus'] as const

export function checkForwards(tunnel: Tunnel): Finding[] {
  const { forwards, shared } = tunnel
  if (!forwards) return shared ? [noForwards] : []
  return [
    ...checkBeside(tunnel),
    ...checkNames(forwards),
    ...(shared ? checkTunnelNames(forwards) : forwards.flatMap(checkOwnName)),
    ...checkNumber(forwards),
  ]
}

const noForwards: Finding = {
  path: ['shared'],
  code: 'no-forwards',
  message: 'a shared connection has forwards, each of which is a tunnel',
  hint: 'forwards: one for each tunnel, with its name',
}

const checkTunnelNames = (forwards: NonNullable<Tunnel['forwards']>): Finding[] =>
  forwards.flatMap(({ name }, index) => {
    if (name !== undefined) return []
    const message = 'each forward of a shared connection is a tunnel, and this one has no name'
    return [{ path: ['forwards', index], code: 'forward-name', message, hint: 'name: what the tunnel is called' }]
  })

function checkOwnName({ name }: TunnelForward, index: number): Finding[] {
  if (!name?.includes('/')) return []
  const message = `a forward cannot be called ${name}: only in a shared connection its tunnel's name stands before it`
  const hint = `name: ${name.replace(/.*\//, '')}`
  return [{ path: ['forwards', index, 'name'], code: 'forward-name', message, hint }]
}

const checkBeside = (tunnel: Tunnel): Finding[] =>
  ofOne
    .filter(key => tunnel[key] !== undefined)
    .map(key => ({
      path: [key],
      code: 'beside-forwards',
      message: `${key} stands beside forwards, and each of them has its own`,
      hint: `write ${key} into the forward that it is for`,
    }))

function checkNames(forwards: NonNullable<Tunnel['forwards']>): Finding[] {
  const names = forwards.map(({ name }, index) => name ?? String(index + 1))
  return names.flatMap((name, index) => {
    if (names.indexOf(name) === index) return []
    const message = `two forwards of the tunnel are called ${name}`
    const hint = 'one without a name is called by its number, from 1'
    return [
      { path: ['forwards', index, ...(forwards[index]?.name ? ['name'] : [])], code: 'forward-name', message, hint },
    ]
  })
}

/** Findings of one forward, at their places in the tunnel: what the forward does not say itself stands in the tunnel. */
export function atForward({ place }: Single, { forwards }: Tunnel, findings: readonly Finding[]): Finding[] {
  const [, index] = place
  if (typeof index !== 'number') return [...findings]
  const own: object = forwards?.[index] ?? {}
  return findings.map(finding => {
    const [key = ''] = finding.path
    const isShared =
      !(key in own) && ['allowFrom', 'limits', 'socketMode', 'probe', 'probeFrom', 'watch'].includes(String(key))
    return isShared ? finding : { ...finding, path: [...place, ...finding.path] }
  })
}

/** What the tunnel says for all of its forwards is judged once for each. */
export function withoutDoubles(findings: readonly Finding[]): Finding[] {
  const texts = findings.map(finding => JSON.stringify(finding))
  return findings.filter((_, index) => texts.indexOf(texts[index] ?? '') === index)
}
