// A hop: one login on the way to a host; the last one is the host itself.
import { homedir } from 'node:os'
import { mostJumps } from '../../schemas/check-host'
import { formatEndpoint } from '../../schemas/endpoint'
import { loginId } from '../../schemas/machine'
import { isProxy } from '../../schemas/proxy-command'
import type { Host, Jump } from '../../schemas/types'
import { Fault } from '../fault'
import { askSsh, type SshSettings } from './ssh-config'

export interface Hop {
  readonly name: string
  readonly address: string
  readonly port: number
  readonly user: string
  readonly hostKey?: string
  /** Files, of which those that are missing count as empty. Undefined: ~/.ssh/known_hosts. */
  readonly knownHosts?: readonly string[]
  /** The name under which known_hosts has its key. */
  readonly hostKeyAlias?: string
  /** The only key. */
  readonly identityFile?: string
  /** One that must be good. */
  readonly certificateFile?: string
  /** Those that may be; those beside the key files are looked for anyway. */
  readonly certificateFiles?: readonly string[]
  /** In place of ssh's default files. */
  readonly identityFiles?: readonly string[]
  /** Of the agent's keys those of the files alone. */
  readonly identitiesOnly?: boolean
  /** The agent's socket, or `none`. Undefined: SSH_AUTH_SOCK. */
  readonly identityAgent?: string
  /** Makes the connection to it; of the first hop alone. */
  readonly proxyCommand?: string
  /** What messages call it: `jump host bastion`. */
  readonly label: string
  /** Of a jump host, its place on the way: `hop 1 of 2 on the way to middle`. */
  readonly place?: string
}

type Unlabelled = Omit<Hop, 'label' | 'place'>

const ways = new Map<string, readonly Hop[]>()

/** One hop, as far as what leads to a host tells. */
type Passed = Pick<Jump, 'name' | 'port' | 'user'> & Pick<Host, 'address'>

/** The way to a host and the host itself, as it was last found to be; as it is declared where nobody has asked yet. */
export const knownWay = (host: Host): readonly Passed[] => ways.get(loginId(host)) ?? [...(host.via ?? []), host]

/** The way to a host. ssh is asked where its configuration is to be read. Rejects with a fault. */
export async function listHops(host: Host, environment: NodeJS.ProcessEnv): Promise<readonly Hop[]> {
  const hops = await findHops(host, environment)
  ways.set(loginId(host), hops)
  return hops
}

async function findHops(host: Host, environment: NodeJS.ProcessEnv): Promise<readonly Hop[]> {
  const [first, ...later] = [...(host.via ?? []), host]
  if (!first) return []
  const hops = [
    ...(await firstHops(first, environment)),
    // The later ones are reached from the one before: via is ssh's -J, beside which it reads no other way.
    ...(await Promise.all(later.map(async to => makeHop(to, await settingsOf(to, environment))))),
  ]
  const jumps = hops.slice(0, -1)
  return hops.map((hop, at) => {
    if (at === jumps.length) {
      return { ...hop, label: at > 0 ? `${hop.name} (through ${jumps.map(({ name }) => name).join(', ')})` : hop.name }
    }
    return {
      ...hop,
      label: `jump host ${hop.name}`,
      place: `hop ${at + 1} of ${jumps.length} on the way to ${host.name}`,
    }
  })
}

/** The hop from here, after those that ssh's configuration has before it. */
async function firstHops(to: Host | Jump, environment: NodeJS.ProcessEnv): Promise<Unlabelled[]> {
  const settings = await settingsOf(to, environment)
  const hop = makeHop(to, settings)
  if (to.proxyCommand !== undefined) return [isProxy(to.proxyCommand) ? { ...hop, proxyCommand: to.proxyCommand } : hop]
  return settings ? behind(hop, settings, environment, []) : [hop]
}

async function behind(
  hop: Unlabelled,
  { proxyCommand, proxyJump }: SshSettings,
  environment: NodeJS.ProcessEnv,
  on: readonly string[],
): Promise<Unlabelled[]> {
  const [first, ...later] = proxyJump
  if (first === undefined) return [proxyCommand === undefined ? hop : { ...hop, proxyCommand }]
  if (on.length + proxyJump.length > mostJumps || on.includes(hop.name)) throw endless(hop, [...on, hop.name])
  const before = await askJump(first, hop, environment)
  const rest = await Promise.all(later.map(async jump => (await askJump(jump, hop, environment)).hop))
  return [...(await behind(before.hop, before.settings, environment, [...on, hop.name])), ...rest, hop]
}

const endless = (hop: Unlabelled, names: readonly string[]): Fault =>
  new Fault({
    code: 'ssh-config-not-followed',
    host: hop.name,
    what: `the way to ${names[0]} that ssh's configuration has leads through more than ${mostJumps} jump hosts, or through itself`,
    happened: names.join(' via '),
    cure: 'see ProxyJump in ~/.ssh/config, or write via',
  })

/** [USER@]HOST[:PORT] or ssh://[USER@]HOST[:PORT], as ProxyJump has them. */
async function askJump(text: string, { name: to }: Unlabelled, environment: NodeJS.ProcessEnv) {
  const [, user, bracketed, plain, port] =
    /^(?:ssh:\/\/)?(?:([^@]+)@)?(?:\[([^\]]+)\]|([^:@[\]]+))(?::(\d+))?\/?$/.exec(text) ?? []
  const name = bracketed ?? plain
  if (name === undefined) {
    const what = `cannot read ${text}, a ProxyJump on the way to ${to}`
    throw new Fault({ code: 'ssh-config-not-followed', host: to, what, cure: 'see ProxyJump in ~/.ssh/config' })
  }
  const asked = { name, label: `jump host ${name}`, user, ...(port && { port: Number(port) }) }
  const settings = await askSsh(asked, environment)
  const { address, port: found, user: login } = settings
  return { settings, hop: makeHop({ name, address, port: found, user: login }, settings) }
}

async function settingsOf(to: Host | Jump, environment: NodeJS.ProcessEnv): Promise<SshSettings | null> {
  if (!to.sshConfig) return null
  const { name, port, user } = to
  const settings = await askSsh({ name, label: name, address: requireAddress(to), port, user }, environment)
  const differs = [
    ...(settings.port === (port ?? 22) ? [] : [`port: ${settings.port}`]),
    ...(settings.user === (user ?? 'root') ? [] : [`user: ${settings.user}`]),
  ]
  if (differs.length === 0) return settings
  throw new Fault({
    code: 'ssh-config-differs',
    host: name,
    what: `ssh's configuration has another login for ${name} than what is declared`,
    happened: `ssh would log in with ${differs.join(' and ')}; without one it is port 22 and user root here`,
    cure: `write ${differs.join(' and ')}: plans and tunnels go by what is declared`,
  })
}

function requireAddress({ name, address }: Host | Jump): string {
  if (address) return address
  throw new Fault({
    code: 'host-without-address',
    host: name,
    what: `cannot reach ${name}: it has no address`,
    cure: 'give it an address, or local: true if it is this machine',
  })
}

/** What is declared comes before what ssh has said. */
function makeHop(to: Host | Jump, settings: SshSettings | null): Unlabelled {
  const { identityFiles, identitiesOnly, identityAgent, certificateFiles } = settings ?? {}
  const knownHosts = to.knownHosts === undefined ? settings?.knownHosts : [to.knownHosts]
  const hostKeyAlias = to.hostKeyAlias ?? settings?.hostKeyAlias
  return {
    name: to.name,
    address: requireAddress(to),
    port: to.port ?? 22,
    user: to.user ?? 'root',
    hostKey: to.hostKey,
    ...(knownHosts && { knownHosts }),
    ...(hostKeyAlias && { hostKeyAlias }),
    ...(to.identityFile ? { identityFile: to.identityFile } : { identityFiles, identitiesOnly }),
    ...(to.certificateFile ? { certificateFile: to.certificateFile } : { certificateFiles }),
    ...(identityAgent && { identityAgent }),
  }
}

/** ADDRESS:PORT, IPv6 in brackets. */
export const endpointOf = ({ address, port }: Pick<Hop, 'address' | 'port'>): string =>
  formatEndpoint({ host: address, port })

export function expandHome(path: string, environment: NodeJS.ProcessEnv): string {
  if (path !== '~' && !path.startsWith('~/')) return path
  return (environment.HOME || homedir()) + path.slice(1)
}
