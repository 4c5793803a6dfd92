// A host that an authority vouches for (@cert-authority in known_hosts): OpenSSH's own client checks the certificate, for ssh2 knows none. It connects,
// judges, and goes before any login. The key that it has found good is what the login that follows must show.
//
// What it prints is not believed: a certificate may have any text in it. What it does is seen: it goes through our hands (kex-watch.ts).

import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { allAlgorithms } from './algorithms'
import { withoutPasswords } from './become-password'
import { readCertificate } from './certificate'
import { expandHome, type Hop } from './hop'
import { watchKex } from './kex-watch'

/** The key that the certificate is about; or why there is none, in OpenSSH's words. */
export type Vouched = { readonly blob: Buffer } | { readonly why: string }

/** What ssh reads and writes goes to a socket of ours, wherever the hop is: it takes a command for that. */
const carry =
  "const way = require('net').connect(process.argv[1]); way.on('error', () => process.exit(1)); process.stdin.pipe(way).pipe(process.stdout)"

/** Those of ssh2 too, without group exchange, whose messages are others. */
const exchanges =
  'curve25519-sha256,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group16-sha512,diffie-hellman-group14-sha256'

/** Of what it prints, for people. */
const mostSaid = 4_000

/** `dial` opens a connection to the hop's sshd; rejects as that does. */
export async function askOpenSsh(
  hop: Hop,
  files: readonly string[],
  dial: () => Promise<Duplex>,
  timeoutMs: number,
  environment: NodeJS.ProcessEnv,
): Promise<Vouched> {
  const stream = await dial()
  const folder = await mkdtemp(join(tmpdir(), 'ssh-tunnels-'))
  const socket = join(folder, 'way')
  const kex = watchKex()
  const server = createServer(ssh => {
    // One connection is all that there is.
    server.close()
    for (const end of [ssh, stream]) end.on('error', () => {})
    ssh.on('close', () => stream.destroy())
    stream.on('close', () => ssh.destroy())
    stream.on('data', kex.fromHost)
    stream.pipe(ssh)
    ssh.on('data', (chunk: Buffer) => {
      kex.fromClient(chunk)
      // It has judged, and would log in now.
      if (kex.accepted()) ssh.destroy()
      else stream.write(chunk)
    })
  })
  try {
    await new Promise<void>((resolve, reject) => server.on('error', reject).listen(socket, resolve))
    const said = await run(argsFor(hop, files, socket, environment), timeoutMs, environment)
    const certificate = readCertificate(kex.accepted() ?? Buffer.alloc(0))
    return certificate?.kind === 'host' ? { blob: certificate.plain } : { why: said || 'no certificate that it takes' }
  } finally {
    stream.destroy()
    server.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** No configuration of the user's: what is trusted here is what these files say. */
function argsFor(hop: Hop, files: readonly string[], socket: string, environment: NodeJS.ProcessEnv): string[] {
  const quoted = (word: string) => `'${word.replaceAll("'", "'\\''").replaceAll('%', '%%')}'`
  const options = [
    `HostName=${hop.address}`,
    `ProxyCommand=${[process.execPath, '-e', carry, socket].map(quoted).join(' ')}`,
    `UserKnownHostsFile=${files.map(file => `"${expandHome(file, environment).replaceAll('%', '%%')}"`).join(' ')}`,
    'GlobalKnownHostsFile=none',
    `HostKeyAlgorithms=${allAlgorithms.map(type => `${type}-cert-v01@openssh.com`).join(',')}`,
    `KexAlgorithms=${exchanges}`,
    ...(hop.hostKeyAlias ? [`HostKeyAlias=${hop.hostKeyAlias}`] : []),
    'StrictHostKeyChecking=yes',
    'UpdateHostKeys=no',
    'CheckHostIP=no',
    'VerifyHostKeyDNS=no',
    'NoHostAuthenticationForLocalhost=no',
    'BatchMode=yes',
    'PreferredAuthentications=none',
    'IdentityAgent=none',
    'ControlPath=none',
  ]
  const words = ['-F', 'none', '-N', '-T', '-p', String(hop.port), '-l', hop.user]
  return [...words, ...options.flatMap(option => ['-o', option]), '--', hop.address]
}

/** Resolves to what it has printed. */
function run(words: readonly string[], timeoutMs: number, environment: NodeJS.ProcessEnv): Promise<string> {
  return new Promise(resolve => {
    const env = { ...withoutPasswords(environment), SHELL: '/bin/sh' }
    const child = spawn('ssh', words, { env, stdio: ['ignore', 'ignore', 'pipe'], timeout: timeoutMs, detached: true })
    let said = ''
    child.stderr.on('data', chunk => {
      said = `${said}${chunk}`.slice(0, mostSaid)
    })
    child.on('error', why => resolve(`cannot be asked: ${why.message}`))
    child.on('close', () => resolve(said.trim()))
  })
}
