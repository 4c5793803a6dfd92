// What may be offered to a host as login: a key of a file, one that the agent holds, or a certificate of either.
import type { ParsedKey } from 'ssh2'
import { signByAgent } from './agent'
import { type Certificate, isCertificate, readCertificate, whyNotNow } from './certificate'
import { fingerprint } from './host-key'
import type { Signer } from './signer'
import { field, typeOf } from './wire'

/** One key that may be the login. */
export interface Offer {
  readonly by:
    | { readonly type: 'publickey'; readonly key: ParsedKey }
    | { readonly type: 'agent'; readonly socket: string; readonly blob: Buffer }
    | Signer
  /** The file, or the agent, and the fingerprint, for people. */
  readonly label: string
  /** Of a certificate the key that it certifies. */
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
const tokenTypes = /^sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com$/

export const offerKey = (key: ParsedKey, file: string): Offer => ({
  by: { type: 'publickey', key },
  label: `${file} (${fingerprint(key.getPublicSSH())})`,
  publicKey: key.getPublicSSH(),
})

const byAgent = (socket: string, blob: Buffer, offered = blob): Signer => ({
  type: 'signer',
  blob: offered,
  sign: data => signByAgent(socket, blob, data, /^ssh-rsa/.test(typeOf(blob))),
})

/** Null for a type that no host takes from us, and for a certificate that does not hold. */
export function offerByAgent(socket: string, blob: Buffer): Offer | null {
  const label = `the agent's ${fingerprint(blob)}`
  const type = typeOf(blob)
  if (plainTypes.test(type)) return { by: { type: 'agent', socket, blob }, label, publicKey: blob }
  if (tokenTypes.test(type)) return { by: byAgent(socket, blob), label: `${label} (in a token)`, publicKey: blob }
  const certificate = isCertificate(blob) ? readCertificate(blob) : null
  if (certificate?.kind !== 'user' || whyNotNow(certificate)) return null
  return { by: byAgent(socket, blob), label: labelOf(certificate, "the agent's"), publicKey: certificate.plain }
}

/** By a key of its own kind: one of a file, or one that the agent holds. */
export function offerCertificate(
  certificate: Certificate,
  file: string,
  key: ParsedKey | { readonly socket: string },
): Offer {
  return {
    by:
      'socket' in key
        ? byAgent(key.socket, certificate.plain, certificate.blob)
        : { type: 'signer', blob: certificate.blob, sign: async data => signByKey(key, data) },
    label: labelOf(certificate, file),
    publicKey: certificate.plain,
  }
}

const labelOf = ({ id, plain }: Certificate, where: string) => `${where}: certificate "${id}" of ${fingerprint(plain)}`

function signByKey(key: ParsedKey, data: Buffer): Buffer {
  const isRsa = key.type === 'ssh-rsa'
  // The types leave out that it gives what went wrong.
  const signed: Buffer | Error = key.sign(data, isRsa ? 'sha512' : undefined)
  if (signed instanceof Error) throw signed
  const value = key.type.startsWith('ecdsa-') ? asFields(signed) : signed
  return Buffer.concat([field(isRsa ? 'rsa-sha2-512' : key.type), field(value)])
}

/** Of ECDSA: two numbers, as DER has them and as SSH does (RFC 5656, 3.1.2). */
function asFields(der: Buffer): Buffer {
  const long = (der[1] ?? 0) & 0x80 ? 1 : 0
  const first = 2 + long
  const second = first + 2 + (der[first + 1] ?? 0)
  const number = (at: number) => der.subarray(at + 2, at + 2 + (der[at + 1] ?? 0))
  return Buffer.concat([field(number(first)), field(number(second))])
}
