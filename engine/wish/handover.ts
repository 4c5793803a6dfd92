// What the owner of a side that is not ours has to do for a tunnel, in text that he can paste. Pure.
import { formatAddress } from '../../schemas/address'
import { isLoopback } from '../../schemas/endpoint'
import { isOurs } from '../../schemas/machine'
import { bareKey } from '../../schemas/public-key'
import type { Host, Tunnel } from '../../schemas/types'
import { authorizedOptions, permissionFor } from '../parts/least-privilege'
import { knownAfterApply } from '../parts/part'
import * as paths from '../parts/paths'
import { sshWords } from '../parts/service/unit-plan'
import { unitText } from '../parts/service/unit-text'
import { type Chain, chainOf } from './chain'
import { knownAs, unitPlan } from './client-side'
import type { Derived, Known } from './placed'

export interface Handover {
  readonly tunnel: string
  /** The host that is not ours, and which side of the tunnel it is. */
  readonly host: string
  readonly side: 'client' | 'server'
  /** Of a client: the ssh command, exactly; its unit, and the line by which it knows the server. */
  readonly command: string | null
  readonly unit: { readonly path: string; readonly text: string } | null
  readonly knownHosts: { readonly path: string; readonly line: string } | null
  /** Of a server: the line that lets the tunnel's key in, and no further. */
  readonly authorizedKeys: string | null
  /** All of it, for the shell of its root. */
  readonly script: string
  /** How he takes it away again. */
  readonly removal: string
}

type Text = string | typeof knownAfterApply

const words = (...all: readonly Text[]): Text =>
  all.some(one => one === knownAfterApply) ? knownAfterApply : all.join(' ')

const knownHostsLine = (chain: Chain): Text => words(knownAs(chain), chain.hostKey)
const authorizedLine = (chain: Chain): Text => words(authorizedOptions(chain.forwards), chain.publicKey)
const commandOf = (chain: Chain): string => sshWords(unitPlan(chain)).join(' ').replace('/usr/bin/ssh', 'ssh')

/** As attributes of the resource. */
export function handedOver(chain: Chain): Derived['outputs'] {
  if (!isOurs(chain.client))
    return { command: commandOf(chain), unit: unitText(unitPlan(chain)), knownHosts: knownHostsLine(chain) }
  return isOurs(chain.server) ? {} : { authorizedKeys: authorizedLine(chain) }
}

/** The side that is not ours; null where both are. */
export const theirSide = ({ client, server }: Tunnel): Host | null =>
  [client, server].find(host => !isOurs(host)) ?? null

/** Null where both sides are ours. Of what only an apply tells stands what it is. */
export function handoverOf(tunnel: Tunnel, known: Known): Handover | null {
  const chain = chainOf(tunnel, known)
  if (!isOurs(chain.client)) return toClient(chain)
  return isOurs(chain.server) ? null : toServer(chain)
}

const told = (text: Text, what: string): string => (typeof text === 'string' ? text : `(${what}, known after apply)`)

/** How its owner removes what he was given; null where both sides are ours. */
export function tellRemoval(tunnel: Tunnel): string | null {
  const handover = handoverOf(tunnel, {})
  if (!handover) return null
  const { host, removal } = handover
  return `${host} is not ours: what its owner has set there for ${tunnel.name} stays until he removes it\n${removal}`
}

/** The same of what only the mark on our side tells. */
export function tellHanded(tunnel: string, handed: string): string {
  const [side, host = '', login = ''] = handed.split(' ')
  const what =
    side === 'client'
      ? `systemctl disable --now ${paths.unitOf(tunnel)} there; then its file and what it names`
      : `the line of the authorized_keys of ${login} with the key of ${paths.accountOf(tunnel)}, and what its sshd and firewall allow for it`
  return `${host} is not ours: what its owner has set there for ${tunnel} stays until he removes it\n${what}`
}

function toClient(chain: Chain): Handover {
  const { name, client, account, folder, runs, publicKey } = chain
  const unit = { path: paths.unitPath(paths.unitOf(name)), text: unitText(unitPlan(chain)) }
  const line = told(knownHostsLine(chain), 'the host key of its server')
  const knownHosts = { path: runs.knownHosts, line }
  const hasAccount = client.user !== undefined
  const hasKey = client.identityFile !== undefined
  const key = told(publicKey, 'his key')
  const makesFolder = [runs.key, runs.knownHosts].some(path => path.startsWith(`${folder}/`))
  const script = [
    `# On ${client.name}, as root: tunnel ${name}, whose ssh runs there as ${runs.as} with the key`,
    `# ${key}`,
    ...(hasKey ? [] : ['KEY=/path/to/the/private/half   # a copy of it is made; without a passphrase']),
    ...(hasAccount
      ? []
      : [`useradd --system --user-group --no-create-home --home-dir / --shell /usr/sbin/nologin ${account}`]),
    ...(makesFolder ? [`install -d -m 755 ${folder}`] : []),
    ...(hasKey ? [] : [`install -m 400 -o ${runs.as} "$KEY" ${runs.key}`]),
    `ssh-keygen -y -f ${runs.key} | grep -qF '${bareKey(key)}' || echo 'this is another key than the one that is let in'`,
    client.knownHosts === undefined
      ? `printf '%s\\n' '${line}' >${runs.knownHosts} && chmod 644 ${runs.knownHosts}`
      : `grep -qxF '${line}' ${runs.knownHosts} || printf '%s\\n' '${line}' >>${runs.knownHosts}`,
    `cat >${unit.path} <<'END OF UNIT'`,
    `${unit.text}END OF UNIT`,
    // Pasted once more after a change, it takes the place of the one that runs.
    `chmod 644 ${unit.path} && systemctl daemon-reload && systemctl enable ${paths.unitOf(name)} && systemctl restart ${paths.unitOf(name)}`,
    '',
  ].join('\n')
  const removal = [
    `systemctl disable --now ${paths.unitOf(name)}; rm ${unit.path}; systemctl daemon-reload`,
    ...(makesFolder ? [`rm -r ${folder}; rmdir ${paths.root} 2>/dev/null`] : []),
    ...(client.knownHosts === undefined ? [] : [`# and this line of ${runs.knownHosts}: ${line}`]),
    ...(hasAccount ? [] : [`userdel ${account}`]),
  ].join('\n')
  const nothing = { authorizedKeys: null }
  return {
    tunnel: name,
    host: client.name,
    side: 'client',
    command: commandOf(chain),
    unit,
    knownHosts,
    ...nothing,
    script,
    removal,
  }
}

function toServer(chain: Chain): Handover {
  const { name, server, login, forwards, alive } = chain
  const authorizedKeys = told(authorizedLine(chain), "the tunnel's key")
  const permission = permissionFor(forwards, alive, '', chain.socketModes.sshd)
  const settings = [
    ['AllowTcpForwarding', permission.allowTcpForwarding],
    ['GatewayPorts', permission.gatewayPorts],
    ['PermitOpen', permission.permitOpen.join(' ')],
    ['PermitListen', permission.permitListen.join(' ')],
  ].filter(([, value]) => value !== undefined)
  const opens = forwards.flatMap(({ type, listen }) =>
    type === 'remote' && listen.kind === 'tcp' && !isLoopback(listen.host) ? [formatAddress(listen)] : [],
  )
  const script = [
    `# On ${server.name}: tunnel ${name} logs in as ${login} and gets its forward, and nothing else.`,
    `# One line of the authorized_keys of ${login}:`,
    authorizedKeys,
    '',
    '# What its sshd has to allow, at the end of sshd_config or in a file of sshd_config.d; then sshd -t && systemctl reload ssh',
    `Match User ${login}`,
    ...settings.map(([keyword, value]) => `    ${keyword} ${value}`),
    'Match all',
    ...(opens.length > 0 ? ['', `# What its firewall has to let in: TCP to ${opens.join(', ')}`] : []),
    '',
  ].join('\n')
  const removal = `the line of the authorized_keys of ${login} with the key ${told(chain.publicKey, 'of the tunnel')}, and the Match block of ${login}${opens.length > 0 ? `, and the opening for ${opens.join(', ')}` : ''}`
  const nothing = { command: null, unit: null, knownHosts: null }
  return { tunnel: name, host: server.name, side: 'server', ...nothing, authorizedKeys, script, removal }
}
