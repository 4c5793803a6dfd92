// A self-signed certificate for one process, made with node:crypto and a little DER (RFC 5280, X.690).
// The x509 libraries take 65 ms and more to load, half of the provider's whole start.
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'

export interface Certificate {
  readonly der: Buffer
  readonly pem: string
  readonly keyPem: string
}

const DAY = 86_400_000

/** For the server name localhost, which is what go-plugin asks for; good for a client too. */
export function makeCertificate(now: Date = new Date()): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = sequence(oid('2a8648ce3d040302')) // ecdsa-with-SHA256
  const name = sequence(set(sequence(oid('550403'), der(0x0c, Buffer.from('localhost'))))) // commonName
  const content = sequence(
    der(0xa0, integer(Buffer.from([2]))), // version 3
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])), // serial number, positive
    algorithm,
    name,
    sequence(time(new Date(now.getTime() - DAY)), time(new Date(now.getTime() + 365 * DAY))),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions())),
  )
  const signature = sign('sha256', content, privateKey)
  const whole = sequence(content, algorithm, bits(0, signature))
  return {
    der: whole,
    pem: toPem(whole),
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

export function toPem(certificate: Buffer): string {
  const lines = certificate.toString('base64').replace(/.{1,64}/g, '$&\n')
  return `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`
}

function extensions(): Buffer[] {
  const yes = der(0x01, Buffer.from([0xff]))
  const serverAuth = oid('2b06010505070301')
  const clientAuth = oid('2b06010505070302')
  return [
    extension('551d13', [yes], sequence(yes)), // basicConstraints: its own authority
    extension('551d0f', [yes], bits(2, Buffer.from([0b1000_0100]))), // keyUsage: digitalSignature, keyCertSign
    extension('551d25', [], sequence(serverAuth, clientAuth)), // extKeyUsage
    extension('551d11', [], sequence(der(0x82, Buffer.from('localhost')))), // subjectAltName: a DNS name
  ]
}

function extension(id: string, critical: Buffer[], value: Buffer): Buffer {
  return sequence(oid(id), ...critical, der(0x04, value))
}

function der(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents)
  const size = content.length
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), content])
}

const sequence = (...contents: Buffer[]) => der(0x30, ...contents)
const set = (...contents: Buffer[]) => der(0x31, ...contents)
const integer = (bytes: Buffer) => der(0x02, bytes)
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'))
const bits = (unused: number, bytes: Buffer) => der(0x03, Buffer.from([unused]), bytes)

/** UTCTime until 2049, GeneralizedTime from then on (RFC 5280, 4.1.2.5). */
function time(at: Date): Buffer {
  const digits = `${at.toISOString().replace(/\D/g, '').slice(0, 14)}Z`
  return at.getUTCFullYear() < 2050 ? der(0x17, Buffer.from(digits.slice(2))) : der(0x18, Buffer.from(digits))
}
