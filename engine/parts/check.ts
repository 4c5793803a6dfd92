// A check: one question along the chain, with its answer. All that is known about problems stands in lists of these.
import type { FaultCode } from '../fault'

/** The links of the chain, in its order. */
export const links = [
  'name resolved',
  'reached',
  'host key',
  'login',
  'root',
  'programs',
  'clock',
  'name free',
  'sshd valid',
  'sshd lets it',
  'port free',
  'service runs',
  'server reached',
  'large packets',
  'kept while quiet',
  'session lives',
  'listener bound',
  'firewall lets it',
  'far reached',
  'far answers',
  'port reached',
  'watched',
  'comes back',
] as const
export type Link = (typeof links)[number]

export interface Check {
  readonly link: Link
  /** The name of the host that it is about. */
  readonly host: string
  /** unknown: nobody can tell; it is never shown as good. */
  readonly status: 'ok' | 'fail' | 'unknown'
  /** One sentence. */
  readonly what: string
  /** What was seen, if the sentence does not say it all. */
  readonly evidence?: string
  /** What the user can do; for what is not ok. */
  readonly cure?: string
  /** The fault that it is; for what is not ok. */
  readonly code?: FaultCode
  /** A deploy puts it right by itself: then it is no reason to refuse one. */
  readonly mends?: boolean
  /** The tunnel may well work in spite of it: what comes after it is judged all the same. */
  readonly goesOn?: boolean
}

type Asked = Pick<Check, 'link' | 'host'>

export const ok = (asked: Asked, what: string): Check => ({ ...asked, status: 'ok', what })

/** The first that fails and that no deploy puts right. */
export const firstFailure = (checks: readonly Check[]): Check | undefined =>
  checks.find(({ status, mends }) => status === 'fail' && !mends)

/** Somebody has the listener, who may make way for it. */
export const isTaken = (code: FaultCode | undefined): boolean => code === 'port-taken' || code === 'path-taken'

/** In the order of the chain; those of one link stay as they are. */
export const inChainOrder = (checks: readonly Check[]): Check[] =>
  [...checks].sort((a, b) => links.indexOf(a.link) - links.indexOf(b.link))
