// Turns what went wrong between the first byte and the login into a fault.
import { Fault } from '../fault'
import { endpointOf, type Hop } from './hop'

export type LoginPhase = 'greeting' | 'key exchange' | 'login'

interface Failure {
  readonly phase: LoginPhase
  readonly why: string
  /** The network's doing (or a timeout), not the host's decision. */
  readonly isNetwork: boolean
  /** The methods that the host takes, once it has said so. */
  readonly accepts: readonly string[]
  /** The keys that were offered, by file or fingerprint. */
  readonly tried: readonly string[]
}

export function explainLogin(hop: Hop, failure: Failure): Fault {
  const { phase, why, isNetwork } = failure
  const endpoint = endpointOf(hop)
  if (phase === 'login' && !isNetwork) return refusedLogin(hop, failure)
  if (phase === 'key exchange' || why.startsWith('Handshake failed')) {
    return new Fault({
      code: 'handshake-failed',
      host: hop.name,
      what: `cannot agree with ${hop.label} on how to encrypt the connection to ${endpoint}`,
      happened: why,
      cure: `compare the host's sshd -T (kexalgorithms, ciphers, macs, hostkeyalgorithms) with OpenSSH's defaults`,
    })
  }
  return new Fault({
    code: 'host-unreachable',
    host: hop.name,
    what: `cannot reach ${hop.label}: ${endpoint} ${phase === 'login' ? 'fell silent during the login' : 'does not speak SSH with us'}`,
    happened: `the TCP connection was accepted; then: ${why}`,
    cure: 'check that sshd listens on that port; a busy sshd drops connections (MaxStartups, PerSourcePenalties in sshd_config(5))',
  })
}

function refusedLogin(hop: Hop, { why, accepts, tried }: Failure): Fault {
  const keys = tried.join('\n      ')
  return new Fault({
    code: 'login-refused',
    host: hop.name,
    what: `${hop.label} refused the login as ${hop.user}@${endpointOf(hop)}`,
    happened: [
      why,
      `tried: publickey with ${keys}`,
      ...(accepts.length > 0 ? [`the host takes: ${accepts.join(', ')}`] : []),
    ].join('\n'),
    cure: `check user and identityFile; put the public key in ${hop.user}'s authorized_keys on the host; see PermitRootLogin, AllowUsers in its sshd_config`,
  })
}
