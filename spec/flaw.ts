// A flaw: a mistake at a path of the spec, before it is known where in the file that path stands.
import type { Finding } from '../schemas/finding'

export interface Flaw extends Finding {
  /** Whether the key or its value is wrong. Default: the value. */
  readonly at?: 'key' | 'value'
  /** The other place that it is about: the hint ends with its line. */
  readonly beside?: Path
}

export type Path = Finding['path']

export interface ShapeFlaw extends Flaw {
  /** The value that was probably meant, so that the rest can be checked with it. */
  readonly meant?: unknown
  /** Whether a string belongs here. */
  readonly wantsText: boolean
}
