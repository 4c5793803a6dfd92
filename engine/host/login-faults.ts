// Turns what went wrong between the first byte and the login into a fault.
import { Fault } from '../fault'
import { endpointOf, type Hop } from './hop'
import type { Credentials, Offer } from './offers'

export type LoginPhase = 'greeting' | 'key exchange' | 'login'

interface Failure {
  readonly phase: LoginPhase
  readonly why: string
  /** The network's doing (or a timeout), not the host's decision. */
  readonly isNetwork: boolean
  /** Somebody closed the connection, without a word of SSH's that says why. */
  readonly isDrop: boolean
  /** The first that the host has said. */
  readonly heard: string
  /** What the command that makes the connection has said beside it. */
  readonly said: string
  /** The methods that the host takes, once it has said so. */
  readonly accepts: readonly string[]
  readonly credentials: Pick<Credentials, 'leftOut'> & { readonly offers: readonly Pick<Offer, 'label'>[] }
}

export function explainLogin(hop: Hop, failure: Failure): Fault {
  const fault = explain(hop, failure)
  if (failure.said === '') return fault
  const happened = `${fault.happened ?? ''}\nits proxyCommand said: ${failure.said}`.trim()
  return new Fault({ ...fault, code: fault.code, host: fault.host, what: fault.what, happened })
}

function explain(hop: Hop, failure: Failure): Fault {
  const { phase, why, isNetwork, isDrop, heard } = failure
  const endpoint = endpointOf(hop)
  if (heard.startsWith(notNow)) return notAllowed(hop)
  if (isDrop && phase !== 'login' && /^(SSH-|Exceeded MaxStartups|$)/.test(heard)) return dropped(hop, failure)
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
    cure: 'check that sshd listens on that port',
  })
}

/** What sshd writes, since 9.8, before it closes a connection that it does not take (drop_connection in OpenSSH's sshd.c). */
const notNow = 'Not allowed at this time'

function notAllowed(hop: Hop): Fault {
  return new Fault({
    code: 'connection-not-allowed',
    host: hop.name,
    what: `${hop.label} takes no connections from our address for now, at ${endpointOf(hop)}`,
    happened: `its sshd says: ${notNow}`,
    cure: `see its log. "penalty": logins from our address have failed, and it is kept out for 15 s to 10 min (PerSourcePenalties in sshd_config(5)): mend or stop what fails to log in, then wait, or name the address in PerSourcePenaltyExemptList. "Maxstartups": too many log in at once; try again`,
  })
}

function dropped(hop: Hop, { why }: Failure): Fault {
  return new Fault({
    code: 'connection-dropped',
    host: hop.name,
    what: `${hop.label} accepts our connections at ${endpointOf(hop)} and drops them`,
    happened: why,
    cure: 'see the log of its sshd: it drops connections while too many have not logged in yet (MaxStartups in sshd_config(5)), and a firewall or a proxy before it may do so too; try again',
  })
}

function refusedLogin(hop: Hop, { why, accepts, credentials }: Failure): Fault {
  const keys = credentials.offers.map(({ label }) => label).join('\n      ')
  return new Fault({
    code: 'login-refused',
    host: hop.name,
    what: `${hop.label} refused the login as ${hop.user}@${endpointOf(hop)}`,
    happened: [
      why,
      `tried: publickey with ${keys}`,
      ...credentials.leftOut.map(one => `not tried: ${one}`),
      ...(accepts.length > 0 ? [`the host takes: ${accepts.join(', ')}`] : []),
    ].join('\n'),
    cure: `check user and identityFile; put the public key in ${hop.user}'s authorized_keys on the host; see PermitRootLogin, AllowUsers in its sshd_config`,
  })
}
