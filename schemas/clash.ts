// A clash: what is wrong between two tunnels or two middles of one list.
import type { Finding } from './finding'

export interface Clash extends Omit<Finding, 'path'> {
  /** Both places in their lists; the finding is at `second`. */
  readonly type: 'tunnels' | 'middles'
  readonly first: number
  readonly second: number
  /** The argument of the second that clashes, and of the first; none for the whole. */
  readonly path?: Finding['path']
  readonly beside?: Finding['path']
}
