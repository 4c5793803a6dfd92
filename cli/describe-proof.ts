// What is known of a far, in the words of a plan and of a result.
import { isSocket } from '../schemas/address'
import { isLoopback, parseEndpoint } from '../schemas/endpoint'
import type { Proof } from '../schemas/types'

/** One phrase; `endpoint` is where far was asked. */
export function describeProof(proof: Proof | null | undefined, endpoint: string | null): string {
  if (!proof) return 'not asked'
  if (proof.answered === null) return 'unknown'
  if (!proof.answered) return 'no answer'
  return [proof.farAnswered, ...describePast(proof, endpoint)].join(', ')
}

/** Nothing where it went past the firewall, or where there is none to pass; else what would show that. */
export function describePast({ pastFirewall, from }: Proof, endpoint: string | null): string[] {
  const at = parseEndpoint(endpoint ?? '')
  return pastFirewall || isSocket(endpoint ?? '') || ('host' in at && isLoopback(at.host ?? ''))
    ? []
    : [`past the firewall: no (from ${from}; probeFrom names a host that can tell)`]
}
