// How far is to prove that it answers: what it speaks, and whether its silence fails a deploy. Pure.
import { parseEndpoint } from './endpoint'
import type { Single } from './forward'
import { isOurs } from './machine'
import type { Proof } from './types'

export type ProbeKind = 'ssh' | 'tls' | 'http' | 'tcp' | 'none'

const byPort: Readonly<Record<number, ProbeKind>> = { 22: 'ssh', 443: 'tls', 80: 'http', 8080: 'http' }

/** Ports whose services greet who connects: ftp, ssh, smtp, pop3, nntp, imap, submission, rsync, mysql, vnc. */
const greeters = [21, 22, 25, 110, 119, 143, 587, 873, 2525, 3306, 5900, 5901]

/** Whether far, by its port, is the one to speak first. */
export function greets({ far }: Pick<Single, 'far'>): boolean {
  const endpoint = parseEndpoint(far)
  return !('error' in endpoint) && greeters.includes(endpoint.port)
}

/** What far speaks: as the tunnel says, or by far's port. */
export function probeKind({ probe, far }: Pick<Single, 'probe' | 'far'>): ProbeKind {
  const [kind] = probe?.split(' ') ?? []
  if (kind && kind !== 'warn') return kind as ProbeKind
  const endpoint = parseEndpoint(far)
  return ('error' in endpoint ? undefined : byPort[endpoint.port]) ?? 'tcp'
}

/** Whether nobody has said what far speaks, and by its port it need not be the first to speak. */
export const mayBeSilent = (tunnel: Pick<Single, 'probe' | 'far'>): boolean =>
  probeKind(tunnel) === 'tcp' && !greets(tunnel)

/** A far that does not answer is a warning, and no difference. */
export const onlyWarns = ({ probe }: Pick<Single, 'probe'>): boolean => probe?.split(' ').includes('warn') ?? false

/** Whether a deploy might bring the proof: what nobody can tell it cannot, nor a far that may be silent. */
export const isToMend = (
  tunnel: Pick<Single, 'probe'> & Partial<Pick<Single, 'client' | 'forward'>>,
  { answered, evidence }: Pick<Proof, 'answered' | 'evidence'>,
): boolean =>
  answered === false &&
  !(onlyWarns(tunnel) && evidence === 'no answer') &&
  // Its ssh is for others to begin.
  !(tunnel.client && !isOurs(tunnel.client) && (evidence === 'not asked' || tunnel.forward !== 'remote'))
