// With which keys we log in: the identity file if one is named, else what the agent holds and ssh's default files.
import { Fault, type FaultCode } from '../fault'
import { listAgentBlobs } from './agent'
import { isCertificate, readCertificate, whyNotNow } from './certificate'
import { expandHome, type Hop } from './hop'
import { fingerprint } from './host-key'
import { type Identity, readIdentity, readPublic } from './identity'
import { type Credentials, type Offer, offerByAgent, offerCertificate, offerKey } from './offers'
import { defaultFiles } from './ssh-config'

export async function findCredentials(hop: Hop, environment: NodeJS.ProcessEnv): Promise<Credentials> {
  const agent = await askAgent(hop.identityAgent ?? environment.SSH_AUTH_SOCK, environment)
  const files = hop.identityFile ? [hop.identityFile] : (hop.identityFiles ?? defaultFiles)
  const read = await Promise.all(
    files.map(async file => ({ file, identity: await readIdentity(expandHome(file, environment)) })),
  )
  const certified = await findCertified(hop, read, agent, environment)
  const { offers, leftOut } = hop.identityFile
    ? { offers: [offerFile(hop, hop.identityFile, read[0]?.identity ?? { kind: 'missing' }, agent)], leftOut: [] }
    : offerAll(hop, read, agent, certified.leftOut)
  return { offers: [...certified.offers, ...offers], leftOut: [...certified.leftOut, ...leftOut] }
}

interface Read {
  readonly file: string
  readonly identity: Identity
}

/** The agent's keys, or why there are none to be had. */
interface Agent {
  readonly socket: string
  readonly blobs: readonly Buffer[]
  readonly silence: string | null
}

async function askAgent(named: string | undefined, environment: NodeJS.ProcessEnv): Promise<Agent> {
  if (!named) return { socket: '', blobs: [], silence: 'SSH_AUTH_SOCK names no agent' }
  if (named === 'none')
    return { socket: '', blobs: [], silence: "ssh's configuration wants no agent (IdentityAgent none)" }
  const socket = expandHome(named, environment)
  return listAgentBlobs(socket).then(
    blobs => ({ socket, blobs, silence: null }),
    (why: Error) => ({ socket, blobs: [], silence: `no agent answers at ${socket}: ${why.message}` }),
  )
}

function offerFile(hop: Hop, file: string, identity: Identity, agent: Agent): Offer {
  const refuse = (code: FaultCode, happened: string, cure: string) =>
    new Fault({ code, host: hop.name, what: `cannot log in to ${hop.label} with ${file}`, happened, cure })
  switch (identity.kind) {
    case 'key':
      return offerKey(identity.key, file)
    case 'missing':
      throw refuse(
        'identity-file-missing',
        'the file does not exist',
        'name the private key in identityFile, or leave it out to use the agent and the default keys',
      )
    case 'unreadable':
      throw refuse('identity-file-unreadable', identity.why, 'make the file readable for the user who runs this')
    case 'exposed':
      throw refuse(
        'identity-file-exposed',
        `others may read it (mode ${identity.why}), and ssh takes no such key`,
        `chmod 600 ${file}`,
      )
    case 'invalid':
      throw refuse(
        'identity-file-invalid',
        identity.why,
        'name a private key in OpenSSH or PEM form; ssh-keygen -p -f FILE rewrites a key in OpenSSH form',
      )
  }
  const held = findHeld(identity.blob, agent)
  if (held) return held
  const missed = agent.silence ?? 'the agent does not hold it'
  if (identity.lacks === 'its private half') {
    throw refuse(
      'identity-file-invalid',
      `this is a public key; ${missed}`,
      'name the private key, or load it with ssh-add',
    )
  }
  throw refuse(
    'identity-file-encrypted',
    identity.lacks === 'a token'
      ? `the key is in a token, which only the agent asks; ${missed}`
      : `the key is protected by a passphrase, and nobody is asked for one; ${missed}`,
    `load it into the agent: eval "$(ssh-agent)"; ssh-add ${file}`,
  )
}

/** Certificates come before the keys themselves: those that are named, and those beside the key files, as ssh finds them. */
async function findCertified(
  hop: Hop,
  read: readonly Read[],
  agent: Agent,
  environment: NodeJS.ProcessEnv,
): Promise<Credentials> {
  const readFile = (file: string) => readPublic(expandHome(file, environment))
  const offer = async (file: string, blob: Buffer | null) => {
    const certificate = readCertificate(blob ?? Buffer.alloc(0))
    if (!certificate) return 'it is no certificate of a user that can be read: ssh-keygen -Lf tells what it is'
    if (certificate.kind !== 'user') return 'it is a certificate of a host'
    const notNow = whyNotNow(certificate)
    if (notNow) return notNow
    const isIts = (blob: Buffer | null) => blob?.equals(certificate.plain)
    const own = read.find(({ identity }) => identity.kind === 'key' && isIts(blobOf(identity)))?.identity
    if (own?.kind === 'key') return offerCertificate(certificate, file, own.key)
    if (agent.blobs.some(isIts)) return offerCertificate(certificate, file, { socket: agent.socket })
    return `its key (${fingerprint(certificate.plain)}) is neither in the identity files nor in the agent`
  }
  const named = hop.certificateFile
  const good = named && (await offer(named, await readFile(named)))
  if (named && typeof good === 'string') {
    throw new Fault({
      code: 'certificate-invalid',
      host: hop.name,
      what: `cannot log in to ${hop.label} with the certificate ${named}`,
      happened: good,
      cure: 'have its authority sign your key again, or leave certificateFile out',
    })
  }
  const files = [...(hop.certificateFiles ?? []), ...read.map(({ file }) => `${file}-cert.pub`)]
  const found = await Promise.all(
    files
      .filter(file => file !== named)
      .map(async file => {
        const blob = await readFile(file)
        const offered = blob && (await offer(file, blob))
        return typeof offered === 'string' ? `${file}: ${offered}` : offered
      }),
  )
  return {
    offers: [good || null, ...found].filter(one => one !== null && typeof one !== 'string'),
    leftOut: found.filter(one => typeof one === 'string'),
  }
}

const findHeld = (blob: Buffer | null, { socket, blobs }: Agent): Offer | null =>
  blob && blobs.some(one => one.equals(blob)) ? offerByAgent(socket, blob) : null

/** As ssh: first what the agent holds, of that first what stands in a default file too; then the files. */
function offerAll(hop: Hop, read: readonly Read[], agent: Agent, notGood: readonly string[]): Credentials {
  const inFiles = read.flatMap(({ identity }) => blobOf(identity) ?? [])
  const inBoth = agent.blobs.filter(blob => inFiles.some(one => one.equals(blob)))
  const others = hop.identitiesOnly ? [] : agent.blobs.filter(blob => !inBoth.includes(blob))
  const held = [...inBoth, ...others]
  const offers = [
    ...held.flatMap(blob => (isCertificate(blob) ? (offerByAgent(agent.socket, blob) ?? []) : [])),
    ...held.flatMap(blob => (isCertificate(blob) ? [] : (offerByAgent(agent.socket, blob) ?? []))),
    ...read.flatMap(({ file, identity }) =>
      identity.kind === 'key' && !findHeld(blobOf(identity), agent) ? offerKey(identity.key, file) : [],
    ),
  ]
  const leftOut = [
    ...held.flatMap(sayNotNow),
    ...read.flatMap(({ file, identity }) => (findHeld(blobOf(identity), agent) ? [] : sayLeftOut(file, identity))),
  ]
  if (offers.length > 0) return { offers, leftOut }
  const isEmpty = agent.silence === null
  throw new Fault({
    code: isEmpty ? 'agent-empty' : 'agent-missing',
    host: hop.name,
    what: `cannot log in to ${hop.label}: no key to do it with`,
    happened: [
      'no identityFile is set',
      agent.silence ?? `the agent at ${agent.socket} holds no usable key`,
      ...(notGood.length + leftOut.length > 0 ? [...notGood, ...leftOut] : [sayNone(hop)]),
    ].join('\n'),
    cure: isEmpty
      ? 'load your key with ssh-add, or set identityFile'
      : 'start an agent and load your key (eval "$(ssh-agent)"; ssh-add), or set identityFile',
  })
}

/** Of what the agent holds. */
function sayNotNow(blob: Buffer): string[] {
  const certificate = isCertificate(blob) ? readCertificate(blob) : null
  const why = certificate?.kind === 'user' ? whyNotNow(certificate) : null
  return certificate && why
    ? [`the agent's certificate "${certificate.id}" of ${fingerprint(certificate.plain)}: ${why}`]
    : []
}

const sayNone = ({ identityFiles: files }: Hop): string =>
  files
    ? `of the identity files in ssh's configuration none can be used: ${files.join(', ') || 'there are none'}`
    : '~/.ssh has none of the keys that ssh tries of itself (id_ed25519 and so on)'

const blobOf = (identity: Identity): Buffer | null =>
  identity.kind === 'key' ? identity.key.getPublicSSH() : identity.kind === 'elsewhere' ? identity.blob : null

function sayLeftOut(file: string, identity: Identity): string[] {
  if (identity.kind === 'key' || identity.kind === 'missing') return []
  if (identity.kind === 'elsewhere') {
    const key = identity.blob ? ` (${fingerprint(identity.blob)})` : ''
    return [`${file}${key} wants ${identity.lacks}, and the agent does not hold it`]
  }
  return [`${file}: ${identity.kind === 'exposed' ? `others may read it (mode ${identity.why})` : identity.why}`]
}
