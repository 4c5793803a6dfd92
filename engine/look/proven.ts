// What the proofs of a tunnel's forwards come to. Pure.
import type { Proof } from '../../schemas/types'

/** Of one forward that was not asked among several. */
const notAsked: Proof = {
  from: '',
  pastFirewall: false,
  answered: null,
  evidence: 'not asked',
  farAnswered: '',
  why: 'probe: none',
}

export interface Proven {
  /** The tunnel's: of several forwards the one that says least for it. Null where none is asked. */
  readonly proof: Proof | null
  /** Of each forward, in their order; null where the tunnel has one. */
  readonly proofs: readonly Proof[] | null
}

/** `proofs`: of each forward in their order, null for one that is not asked. */
export function provenBy(proofs: readonly (Proof | null)[]): Proven {
  const asked = proofs.filter(proof => proof !== null)
  const [proof = null] = [false, null, true].flatMap(answered => asked.filter(one => one.answered === answered))
  return { proof, proofs: proofs.length > 1 && proof ? proofs.map(one => one ?? notAsked) : null }
}
