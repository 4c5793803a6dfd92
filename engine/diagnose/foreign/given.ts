// What is known beforehand of a tunnel that somebody else made, or would make.
import type { Single } from '../../../schemas/forward'

export interface Foreign {
  /** As a spec would have it; its server's user is the login of the line. */
  readonly tunnel: Single
  /** Who runs it on the client. */
  readonly runBy: string
  /** Where its ssh finds the server's sshd; null where that is not the client itself which dials. */
  readonly dials: { readonly address: string; readonly port: number } | null
  /** The line, for people. */
  readonly command: string
  /** ServerAliveInterval in seconds; null or 0 for none. */
  readonly keepalive: number | null
  /** The process that runs it; null where none does; undefined where nobody could look. */
  readonly running: { readonly pid: number; readonly bound: boolean | null } | null | undefined
}
