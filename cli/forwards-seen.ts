// Each forward of a tunnel by itself, as it was seen: what it is called, where it is reached, and how it was proved. Pure.
import type { Declared, Observed } from '../engine'
import { singlesOf } from '../schemas/forward'
import type { Proof } from '../schemas/types'

export interface ForwardSeen {
  readonly name: string
  readonly endpoint: string | null
  readonly proof: Proof | null
}

/** In their order; of a middle, and of what was not seen, none. */
export function forwardsSeen(declared: Declared | null, seen: Observed | null): readonly ForwardSeen[] {
  if (declared?.type !== 'tunnel' || !seen) return []
  const { outputs, proof, proofs } = seen
  return singlesOf(declared.input).map(({ label }, index) => ({
    name: label,
    endpoint: outputs.endpoints?.[index] ?? outputs.endpoint ?? null,
    proof: proofs?.[index] ?? proof,
  }))
}
