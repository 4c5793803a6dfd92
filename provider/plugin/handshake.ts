// The handshake of go-plugin: what Terraform says in the environment and what it reads on our stdout.
import type { Certificate } from './certificate'
import type { Place } from './socket'

// Terraform's well-known value: it tells "started by Terraform" from "started by hand" and keeps nothing secret.
const COOKIE = 'd602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2'
const PROTOCOL = '6'

type Environment = Readonly<Record<string, string | undefined>>

/** Why this process cannot serve, as a sentence for a person; undefined when it can. */
export function refuseHandshake(env: Environment): string | undefined {
  if (env.TF_PLUGIN_MAGIC_COOKIE !== COOKIE)
    return 'This program is a Terraform provider: Terraform starts it by itself. Run "terraform init" and "terraform plan" instead.'
  const versions = (env.PLUGIN_PROTOCOL_VERSIONS ?? PROTOCOL).split(',')
  if (!versions.includes(PROTOCOL))
    return `This provider speaks plugin protocol 6, but Terraform offers only ${versions.join(', ')}: use Terraform 1.0 or newer.`
  return undefined
}

/** The certificate of the only client that may connect; undefined under TF_DISABLE_PLUGIN_TLS. */
export function readClientCertificate(env: Environment): string | undefined {
  return env.PLUGIN_CLIENT_CERT || undefined
}

/** Go's base64.RawStdEncoding knows no padding. */
export function formatHandshake(place: Place, certificate: Certificate | undefined): string {
  const encoded = certificate ? certificate.der.toString('base64').replace(/=+$/, '') : ''
  return `1|${PROTOCOL}|${place.network}|${place.address}|grpc|${encoded}\n`
}
