// Reads a certificate of OpenSSH's for a user (PROTOCOL.certkeys): whose key it certifies, and for when. Whether it is a good one the host judges.
import { field, fieldsOf, typeOf } from './wire'

export interface Certificate {
  /** As it is offered. */
  readonly blob: Buffer
  /** The key that it certifies. */
  readonly plain: Buffer
  readonly kind: 'user' | 'host'
  /** What its authority has called it. */
  readonly id: string
  /** Seconds since 1970, the first in which it holds and the first in which it does not any more. */
  readonly from: bigint
  readonly until: bigint
}

const ending = '-cert-v01@openssh.com'

export const isCertificate = (blob: Buffer): boolean => typeOf(blob).endsWith(ending)

/** How many fields the key itself has. */
const parts: Readonly<Record<string, number>> = {
  'ssh-ed25519': 1,
  'ssh-rsa': 2,
  'ecdsa-sha2-nistp256': 2,
  'ecdsa-sha2-nistp384': 2,
  'ecdsa-sha2-nistp521': 2,
  'sk-ssh-ed25519': 2,
  'sk-ecdsa-sha2-nistp256': 3,
}

/** Null for what is none, or of a type that is not known here. */
export function readCertificate(blob: Buffer): Certificate | null {
  const name = typeOf(blob)
  const base = name.slice(0, -ending.length)
  const count = parts[base]
  if (!name.endsWith(ending) || count === undefined) return null
  // The type, a nonce, the key; then serial number and kind, which are no fields.
  const fields = fieldsOf(blob, 2 + count)
  const key = fields.slice(2)
  const at = fields.reduce((sum, one) => sum + 4 + one.length, 0)
  if (key.length !== count || blob.length < at + 12) return null
  const kind = blob.readUInt32BE(at + 8)
  const [id, principals] = fieldsOf(blob.subarray(at + 12), 2)
  if (!id || !principals) return null
  const times = at + 12 + 8 + id.length + principals.length
  if ((kind !== 1 && kind !== 2) || blob.length < times + 16) return null
  const type = base.startsWith('sk-') ? `${base}@openssh.com` : base
  return {
    blob,
    plain: Buffer.concat([type, ...key].map(field)),
    kind: kind === 1 ? 'user' : 'host',
    id: id.toString('utf8'),
    from: blob.readBigUInt64BE(times),
    until: blob.readBigUInt64BE(times + 8),
  }
}

/** Why it does not hold now, by this machine's clock; null where it does. */
export function whyNotNow({ from, until }: Certificate, now = Date.now()): string | null {
  const seconds = BigInt(Math.floor(now / 1000))
  const date = (time: bigint) => new Date(Number(time) * 1000).toISOString().slice(0, 16).replace('T', ' ')
  if (seconds < from) return `it holds from ${date(from)} UTC on`
  return seconds >= until ? `it has ended at ${date(until)} UTC` : null
}
