// A dynamic forward: its visitors name what is dialled, so nothing else says what may be, nor what proves that it works. Pure.
import { canonical, formatEndpoint, isLoopback, isWildcard, parseEndpoint } from './endpoint'
import type { Finding } from './finding'
import type { Single } from './forward'
import { probeKind } from './probe'
import type { Host } from './types'
import type { IsUnknown } from './unknown'

/**
 * What sshd_config(5) takes for PermitOpen: HOST:PORT, * for any of either; null for anything else, for it goes into sshd's files as it stands, and
 * sshd compares it with what a visitor names letter by letter.
 */
function parsePermit(text: string): { readonly host: string; readonly port: number | '*' } | null {
  const anyPort = text.endsWith(':*')
  const written = anyPort ? text.replace(/\*$/, '1') : text
  const parsed = parseEndpoint(written)
  if ('error' in parsed || parsed.port === 0 || formatEndpoint(parsed) !== written) return null
  if (parsed.host !== '*' && (isWildcard(parsed.host) || canonical(parsed.host) !== parsed.host)) return null
  return { host: parsed.host, port: anyPort ? '*' : parsed.port }
}

/** What a tunnel leads to, in a word: far, or of a dynamic forward what its visitors may name. */
export const leadsTo = ({ forward, far, permitOpen }: Pick<Single, 'forward' | 'far' | 'permitOpen'>): string =>
  forward === 'dynamic' ? (permitOpen?.join(' ') ?? 'anything') : far

const firstNamed = (permitOpen: readonly string[]): string | undefined =>
  permitOpen.find(text => {
    const permit = parsePermit(text)
    return permit !== null && permit.host !== '*' && permit.port !== '*'
  })

/** Asked for through the proxy where nothing else is named: the first service that it permits, else the server's own sshd. */
export function provingFar({ port = 22 }: Pick<Host, 'port'>, permitOpen: readonly string[] | undefined): string {
  return firstNamed(permitOpen ?? []) ?? formatEndpoint({ host: '127.0.0.1', port })
}

/** Where nobody has named far, nobody has said that it answers: its silence is told, and no failure. Where what is permitted names no service, nobody can tell. */
export const probeOf = (
  {
    forward,
    far,
    permitOpen,
  }: { readonly forward?: string; readonly far?: string; readonly permitOpen?: readonly string[] },
  probe: Single['probe'],
): Single['probe'] => {
  if (forward !== 'dynamic' || far !== undefined || probe === 'none') return probe
  return permitOpen && firstNamed(permitOpen) === undefined ? 'none' : 'warn'
}

export function checkDynamic(tunnel: Single, isUnknown: IsUnknown): Finding[] {
  const { forward, permitOpen } = tunnel
  if (forward !== 'dynamic') {
    if (!permitOpen || !['local', 'remote'].includes(forward)) return []
    const message = `permitOpen is for a dynamic forward: a ${forward} one opens its far and nothing else`
    return [{ path: ['permitOpen'], code: 'no-permit', message, hint: 'leave it out' }]
  }
  return [
    ...checkPermits(permitOpen ?? [], isUnknown),
    ...checkProving(tunnel, isUnknown),
    ...checkVisitors(tunnel, isUnknown),
  ]
}

/** Whoever finds it goes anywhere from the server. */
function checkVisitors({ listen, allowFrom, client }: Single, isUnknown: IsUnknown): Finding[] {
  const at = parseEndpoint(listen)
  if (isUnknown(listen) || 'error' in at || isLoopback(at.host) || allowFrom) return []
  const message = `a dynamic forward at ${at.host} without allowFrom is a proxy for everybody who reaches ${client.name}`
  return [{ path: ['listen'], code: 'open-proxy', message, hint: `listen on 127.0.0.1:${at.port}, or say allowFrom` }]
}

function checkProving(tunnel: Single, isUnknown: IsUnknown): Finding[] {
  const { far, permitOpen } = tunnel
  const asked = parseEndpoint(far)
  if (!permitOpen || [far, ...permitOpen].some(isUnknown) || 'error' in asked || probeKind(tunnel) === 'none') return []
  const permits = permitOpen.flatMap(text => parsePermit(text) ?? [])
  const isPermitted = permits.some(
    ({ host, port }) => (host === '*' || host === asked.host) && (port === '*' || port === asked.port),
  )
  if (isPermitted || permits.length < permitOpen.length) return []
  const message = `permitOpen does not permit ${far}, which is asked for to prove the tunnel`
  return [
    {
      path: ['permitOpen'],
      code: 'far-not-permitted',
      message,
      hint: 'far: a service that it permits, or probe: none',
    },
  ]
}

const checkPermits = (permits: readonly string[], isUnknown: IsUnknown): Finding[] =>
  permits.flatMap((text, at) => {
    if (isUnknown(text) || parsePermit(text)) return []
    const message = `permitOpen does not take ${text}`
    return [
      {
        path: ['permitOpen', at],
        code: 'bad-permit',
        message,
        hint: 'HOST:PORT, HOST:*, *:PORT or *:*, in lower case; IPv6 in brackets, in its shortest form',
      },
    ]
  })
