// The contract: what a provider and its resources are, as seen from the protocol.
import type { Diagnostic } from './diagnostics'
import type { Schema } from './schema'
import type { Obj } from './values'

type Path = readonly (string | number)[]
type Soon<T> = T | Promise<T>

export interface Change {
  /** null: does not exist yet. */
  readonly prior: Obj | null
  /** null: to be destroyed. */
  readonly config: Obj | null
}

/** Whatever a function throws becomes error diagnostics; an error may bring its own as `diagnostics`. */
export interface Resource {
  readonly schema: Schema
  /** Called without configure; values may be unknown. */
  validate(config: Obj): Soon<readonly Diagnostic[]>
  /** Called again before apply, and a second time with prior null for a replacement: same input, compatible answer. */
  plan(
    change: Change & {
      readonly proposed: Obj | null
      /** What the last read has said of itself. */
      readonly unread: boolean
      /** Right after a first answer with requiresReplace, of the same: without the old one. */
      readonly again?: boolean
    },
  ): Soon<{
    planned: Obj | null
    /** Count only where the value changes. */
    requiresReplace?: readonly Path[]
    diagnostics?: readonly Diagnostic[]
  }>
  /** state null: it is gone. unread: nobody could look, and the state is the one of before. */
  read(state: Obj): Soon<{ state: Obj | null; unread?: boolean; diagnostics?: readonly Diagnostic[] }>
  /** With an error among the diagnostics, the state is what stands by now: a new one is saved as tainted, null on create saves nothing. */
  apply(change: Change & { readonly planned: Obj | null }): Soon<{
    state: Obj | null
    diagnostics?: readonly Diagnostic[]
  }>
  /** A state of an older `schema.version` than today's, as its JSON, becomes one of today's; without it, it is taken as it is. */
  upgrade?(state: { readonly [name: string]: unknown }, version: number): { readonly [name: string]: unknown }
  /** Terraform reads the state again right after. */
  importState(id: string): Soon<{ state: Obj; diagnostics?: readonly Diagnostic[] }>
}

export interface Provider {
  /** Of the provider block; without attributes by default. */
  readonly schema?: Schema
  readonly resources: { readonly [type: string]: Resource }
  configure?(config: Obj): Soon<readonly Diagnostic[]>
  /** Asks the applies under way to come to an end; they still answer. */
  stop(): void
  /** The process ends: at most one second remains. */
  close(): Promise<void>
}
