// What may be offered to a host as login: a key of a file, or one that the agent holds.

import type { ParsedKey } from 'ssh2'
import { fingerprint } from './host-key'
import { typeOf } from './wire'

/** One key that may be the login. */
export interface Offer {
  readonly by:
    | { readonly type: 'publickey'; readonly key: ParsedKey }
    | { readonly type: 'agent'; readonly socket: string; readonly blob: Buffer }
  /** The file, or the agent, and the fingerprint, for people. */
  readonly label: string
  readonly publicKey: Buffer
}

export interface Credentials {
  /** In the order in which they are offered. */
  readonly offers: readonly Offer[]
  /** Keys that are there and cannot be offered, and why, for people. */
  readonly leftOut: readonly string[]
}

/** No ssh-dss: OpenSSH has it off since 7.0. */
const plainTypes = /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521))$/

export const offerKey = (key: ParsedKey, file: string): Offer => ({
  by: { type: 'publickey', key },
  label: `${file} (${fingerprint(key.getPublicSSH())})`,
  publicKey: key.getPublicSSH(),
})

/** Null for a type that no host takes from us. */
export function offerByAgent(socket: string, blob: Buffer): Offer | null {
  if (!plainTypes.test(typeOf(blob))) return null
  return {
    by: { type: 'agent', socket, blob },
    label: `the agent's ${fingerprint(blob)}`,
    publicKey: blob,
  }
}
