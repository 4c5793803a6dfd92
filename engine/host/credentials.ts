// With which key we log in: the identity file if one is named, else what the agent holds.
import { open } from 'node:fs/promises'
import { Fault, type FaultCode } from '../fault'
import { expandHome, type Hop } from './hop'
import { fingerprint, formatHostKey } from './host-key'
import { type Credentials, listAgentKeys, readPrivateKey } from './ssh'

export function findCredentials(hop: Hop, environment: NodeJS.ProcessEnv): Promise<Credentials> {
  return hop.identityFile ? readIdentity(hop, hop.identityFile, environment) : askAgent(hop, environment)
}

async function readIdentity(hop: Hop, file: string, environment: NodeJS.ProcessEnv): Promise<Credentials> {
  const refuse = (code: FaultCode, happened: string, cure: string) =>
    new Fault({ code, host: hop.name, what: `cannot log in to ${hop.label} with ${file}`, happened, cure })
  const read = await readFile(expandHome(file, environment)).catch((error: NodeJS.ErrnoException) => error)
  if (!('content' in read)) {
    if (read.code === 'ENOENT') {
      throw refuse(
        'identity-file-missing',
        'the file does not exist',
        'name the private key in identityFile, or leave it out to use the agent',
      )
    }
    throw refuse('identity-file-unreadable', read.message, 'make the file readable for the user who runs this')
  }
  const { content, exposed } = read
  const key = readPrivateKey(content)
  if (typeof key !== 'string' && exposed !== null) {
    throw refuse(
      'identity-file-exposed',
      `others may read it (mode ${exposed}), and ssh takes no such key`,
      `chmod 600 ${file}`,
    )
  }
  if (typeof key !== 'string')
    return {
      auth: { type: 'publickey', key },
      tried: [`${file} (${fingerprint(key.getPublicSSH())})`],
      publicKeys: [formatHostKey(key.getPublicSSH())],
    }
  if (/encrypted/i.test(key) || content.includes('ENCRYPTED')) {
    throw refuse(
      'identity-file-encrypted',
      'the key is protected by a passphrase, and nobody is asked for one',
      `load it into the agent (ssh-add ${file}) and leave identityFile out`,
    )
  }
  throw refuse(
    'identity-file-invalid',
    key,
    'name a private key in OpenSSH or PEM form (not its .pub); ssh-keygen -p -f FILE rewrites a key in OpenSSH form',
  )
}

/** `exposed`: the mode, where the file is ours and anybody else has a right to it (sshkey_perm_ok in OpenSSH's authfile.c). */
async function readFile(path: string): Promise<{ content: Buffer; exposed: string | null }> {
  const file = await open(path)
  try {
    const { mode, uid } = await file.stat()
    const isExposed = uid === process.getuid?.() && (mode & 0o077) !== 0
    return { content: await file.readFile(), exposed: isExposed ? `0${(mode & 0o777).toString(8)}` : null }
  } finally {
    await file.close()
  }
}

async function askAgent(hop: Hop, environment: NodeJS.ProcessEnv): Promise<Credentials> {
  const refuse = (code: FaultCode, happened: string, cure: string) =>
    new Fault({ code, host: hop.name, what: `cannot log in to ${hop.label}: no key to do it with`, happened, cure })
  const start = 'start an agent and load your key (eval "$(ssh-agent)"; ssh-add), or set identityFile'
  const socket = environment.SSH_AUTH_SOCK
  if (!socket) throw refuse('agent-missing', 'no identityFile is set, and SSH_AUTH_SOCK names no agent', start)
  const keys = await listAgentKeys(socket).catch((error: Error) => error)
  if (keys instanceof Error)
    throw refuse('agent-missing', `no agent answers at SSH_AUTH_SOCK=${socket}: ${keys.message}`, start)
  if (keys.length === 0) {
    throw refuse(
      'agent-empty',
      `the agent at SSH_AUTH_SOCK=${socket} holds no usable key`,
      'load your key with ssh-add, or set identityFile',
    )
  }
  return {
    auth: { type: 'agent', agent: socket },
    tried: keys.map(key => `the agent's ${fingerprint(key)}`),
    publicKeys: keys.map(formatHostKey),
  }
}
