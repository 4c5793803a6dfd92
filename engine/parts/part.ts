// What every part is: it reads itself from a snapshot, and plans the steps from what is there to what should be.
import { createHash } from 'node:crypto'
import type { Check } from './check'
import type { Explained } from './explained'
import type { HostFile, Snapshot } from './snapshot'

/** A value that only an apply can tell: Terraform calls it `(known after apply)`. */
export const knownAfterApply: unique symbol = Symbol('known after apply')

/** A state of which some values may be known only after apply. */
export type Wanted<State> = { [Key in keyof State]: State[Key] | typeof knownAfterApply }

/**
 * When a step of a batch runs; steps run phase by phase, in this order. Sessions end right after sshd has the new rules: were somebody
 * else's later step to stop the batch, the next plan would see the new files and leave the old sessions alone.
 */
export const phases = ['stop', 'make', 'sshd', 'end', 'firewall', 'units', 'start', 'unmake'] as const
export type Phase = (typeof phases)[number]

/** One change on a host: a function of remote/, its arguments, and a sentence that says why. */
export interface Step {
  readonly why: string
  readonly phase: Phase
  readonly verb: string
  readonly args: readonly string[]
  /** The text of a file, given to the function as its last argument. */
  readonly content?: string
  /** What it removes does nothing by itself: where only that is left, the part counts as gone. */
  readonly isTrace?: true
  /** Why connections through the tunnel end with it, if any are open: continues "will cut open connections: ". */
  readonly cuts?: string
  /** It can cut off whoever has logged in: the host takes it back unless a fresh login confirms it. */
  readonly cutsOff?: true
  /** What it changes, in the words of who reads it; default: why. */
  readonly shows?: string
  /** What brings back all that this step and those planned with it change of the firewall's rules; files are kept on the host itself. */
  readonly undo?: readonly Step[]
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Empty for a file that only root may write and everybody may read, as we make them; else what is odd, to stand behind its value. */
export const oddity = ({ mode, owner }: HostFile): string =>
  mode === '644' && owner === 'root:root' ? '' : ` (mode ${mode}, owner ${owner})`

/** Stands behind the value of a file that is as wanted while a session of before goes on. */
export const outlived = ' (a session is older)'

/** Whoever made what stands where a part should be, and left no mark of ours. */
export const stranger: unique symbol = Symbol('somebody else')

/** One thing that we own on one host. */
export interface Part<State, At> {
  /** The file's stem, the schema's and, in snake_case, the attribute's. */
  readonly kind: string
  /** Programs that its steps call. */
  readonly needs: readonly string[]
  /** What the snapshot shows of it, null for nothing. Never throws for odd content: what is foreign is a difference. */
  observe(on: Snapshot, at: At): State | null
  /** What is the host's to say, and no plan changes: a look tells it before an apply. */
  told?(on: Snapshot, at: At): Partial<State>
  /** Whose it is, by its mark: an owner's name, a stranger's, or null where nothing is there or nothing tells. */
  owner(on: Snapshot, at: At): string | typeof stranger | null
  /** What tells that, in words: a file's path, for one. */
  ownedBy?(on: Snapshot, at: At): string
  /** The steps from have to want; none when they are the same; want null removes. */
  plan(want: State | null, have: State | null, on: Snapshot, at: At): Step[]
  /** The steps that bring back what the host holds of it beside files, after whatever plan of it has run. */
  inverse?(on: Snapshot, at: At): Step[]
  /** What speaks for it and against it on its host, whose name is `host`. */
  checks(want: Wanted<State>, on: Snapshot, at: At, host: string): Check[]
  /** What will be where and why, as far as no look at the host is needed. */
  explain(want: Wanted<State>, at: At): Explained
}
