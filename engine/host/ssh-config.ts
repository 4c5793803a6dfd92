// What OpenSSH makes of the user's ssh_config for a host: it is asked (ssh -G), so that nobody else has to read such a file.
import { execFile } from 'node:child_process'
import { userInfo } from 'node:os'
import { Fault } from '../fault'
import { withoutPasswords } from './become-password'

/** What ssh is asked about, as on its command line. */
export interface Asked {
  readonly name: string
  /** What messages call it. */
  readonly label: string
  readonly address?: string
  readonly port?: number
  readonly user?: string
}

/** What is taken of it. Paths may begin with ~. */
export interface SshSettings {
  readonly address: string
  readonly port: number
  readonly user: string
  /** Undefined: ssh's default files. */
  readonly identityFiles?: readonly string[]
  readonly certificateFiles: readonly string[]
  readonly identitiesOnly: boolean
  /** A path, `none`, or undefined for SSH_AUTH_SOCK. */
  readonly identityAgent?: string
  readonly knownHosts: readonly string[]
  readonly hostKeyAlias?: string
  readonly proxyCommand?: string
  /** The nearest first. */
  readonly proxyJump: readonly string[]
}

/** Milliseconds: a `Match exec` runs programs. */
const mostMs = 15_000

/** Settings that would change by which way, or by which trust, we log in, and that we do not follow; with the values that mean nothing. */
const refused: Readonly<Record<string, RegExp>> = {
  addressfamily: /^any$/,
  bindaddress: /^$/,
  bindinterface: /^none$/,
  knownhostscommand: /^none$/,
  pkcs11provider: /^none$/,
  proxyusefdpass: /^no$/,
  pubkeyauthentication: /^(true|yes|unbound|host-bound)$/,
  revokedhostkeys: /^none$/,
}

/** Those that ssh tries of itself, in its order (IdentityFile in ssh_config(5)); without DSA's, XMSS's and what is newer. */
export const defaultFiles = ['rsa', 'ecdsa', 'ecdsa_sk', 'ed25519', 'ed25519_sk'].map(type => `~/.ssh/id_${type}`)

/** Whether it is ssh's own list, whole: who names one of these files wants that one. */
function areDefaults(files: readonly string[]): boolean {
  const others = files.filter(file => !defaultFiles.includes(file))
  const isOwn = others.every(file => /^~\/\.ssh\/id_(xmss|dsa|mldsa\w*)$/.test(file))
  return (
    isOwn && files.length - others.length === defaultFiles.length && defaultFiles.every(file => files.includes(file))
  )
}

/** @throws Fault where ssh does not understand its file, and where that says what we do not follow */
export async function askSsh(asked: Asked, environment: NodeJS.ProcessEnv): Promise<SshSettings> {
  const { name, label, address, port, user } = asked
  const words = [
    ...(address === undefined ? [] : ['-o', `HostName=${address}`]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...(user === undefined ? [] : ['-l', user]),
    '--',
    name,
  ]
  const lines = await run(asked, ['-G', ...words], environment)
  const all = (keyword: string) => lines.flatMap(([word, value]) => (word === keyword ? value : []))
  const one = (keyword: string) => all(keyword)[0]
  const odd = lines.find(([word, value]) => refused[word] && !refused[word].test(value))
  if (odd) {
    throw new Fault({
      code: 'ssh-config-not-followed',
      host: name,
      what: `cannot log in to ${label} as ssh would: its configuration says ${odd[0]}, which is not followed here`,
      happened: `ssh -G ${words.join(' ')} prints: ${odd.join(' ')}`,
      cure: `leave it out for this host (Match originalhost ${name} in ssh_config(5)), or leave sshConfig out and write what is needed in the spec`,
    })
  }
  const tokens: Readonly<Record<string, string>> = {
    '%': '%',
    d: environment.HOME ?? userInfo().homedir,
    h: one('hostname') ?? name,
    n: name,
    p: one('port') ?? '22',
    r: one('user') ?? '',
    u: userInfo().username,
    i: String(userInfo().uid),
  }
  const path = (text: string) =>
    text
      .replace(/%(.)/g, (whole, token: string) => tokens[token] ?? whole)
      .replace(/\$\{(\w+)\}/g, (_, variable: string) => environment[variable] ?? '')
  const files = all('identityfile').filter(file => file !== 'none')
  const proxy = (value: string | undefined) => (value === undefined || value === 'none' ? undefined : value)
  const agent = one('identityagent')
  return {
    address: one('hostname') ?? name,
    port: Number(one('port') ?? 22),
    user: one('user') ?? '',
    ...(areDefaults(files) ? {} : { identityFiles: files.map(path) }),
    certificateFiles: all('certificatefile')
      .filter(file => file !== 'none')
      .map(path),
    identitiesOnly: one('identitiesonly') === 'yes',
    ...(agent === undefined || agent === 'SSH_AUTH_SOCK'
      ? {}
      : { identityAgent: agent.startsWith('$') ? (environment[agent.slice(1)] ?? 'none') : path(agent) }),
    knownHosts: ['userknownhostsfile', 'globalknownhostsfile']
      .flatMap(keyword => (one(keyword) ?? '').split(' '))
      .filter(file => file !== '' && file !== 'none' && file !== '/dev/null'),
    ...(one('hostkeyalias') && { hostKeyAlias: one('hostkeyalias') }),
    ...(proxy(one('proxycommand')) && { proxyCommand: proxy(one('proxycommand')) }),
    proxyJump: proxy(one('proxyjump'))?.split(',') ?? [],
  }
}

type Line = readonly [keyword: string, value: string]

function run(
  { name, label }: Asked,
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<readonly Line[]> {
  return new Promise((resolve, reject) => {
    const env = withoutPasswords(environment)
    execFile('ssh', words, { env, timeout: mostMs, encoding: 'utf8' }, (why, stdout, stderr) => {
      if (!why) {
        return resolve(
          stdout.split('\n').flatMap(line => {
            const [, word, value] = /^(\S+) ?(.*)$/.exec(line) ?? []
            return word === undefined ? [] : [[word.toLowerCase(), value ?? ''] as const]
          }),
        )
      }
      const isMissing = (why as NodeJS.ErrnoException).code === 'ENOENT'
      reject(
        new Fault({
          code: 'ssh-config-unreadable',
          host: name,
          what: `cannot ask ssh how to log in to ${label}`,
          happened: isMissing
            ? 'there is no ssh here, and sshConfig asks it'
            : `ssh ${words.join(' ')}: ${stderr.trim() || why.message}`,
          cure: isMissing
            ? "install OpenSSH's client (openssh-client), or leave sshConfig out"
            : 'mend ~/.ssh/config, or leave sshConfig out',
        }),
      )
    }).stdin?.end()
  })
}
