// Of what sshd is asked: a drop-in of ours, and whose values count. Pure.
import type { OwnLines } from './sshd-own'
import type { Setting } from './sshd-values'

export interface SshdAt {
  readonly dropIn: string
  readonly owner: string
  /** What the drop-in should say; a host may need more of it (textOn). */
  readonly text: string
  /** Whose effective values count: an account, or `*` for everybody. */
  readonly user: string
  /** Where the client, on the same machine, dials this sshd. */
  readonly itself?: { readonly address: string; readonly port: number }
  /** Of a host's own settings, as whom we log in there: whom they must not keep out. */
  readonly admin?: string
  /** Which values were asked for; the others stay undefined. */
  readonly asked: readonly Setting[]
  /** Of a host's own settings, where sshd is asked about some of them. */
  readonly own?: OwnLines
}
