// What a tunnel's account may do on the server, said twice: to sshd for the account, and in authorized_keys for its key.
import { type Address, formatAddress } from '../../schemas/address'
import type { Forward } from '../../schemas/forward'
import { maskOf } from '../../schemas/socket-folder'
import { scripts } from '../remote/texts'

export interface Permission {
  readonly allowTcpForwarding: string
  /** Not for local forwards alone, which it says nothing of: somebody else's line need not be overruled then. */
  readonly gatewayPorts?: string
  readonly permitOpen: readonly string[]
  readonly permitListen: readonly string[]
  /** Seconds. */
  readonly clientAliveInterval: number
  readonly clientAliveCountMax: number
  readonly maxSessions: number
  readonly authorizedKeysFile: string
  readonly allowStreamLocalForwarding: string
  /** These two only where sshd listens on a socket. */
  readonly streamLocalBindMask?: string
  readonly streamLocalBindUnlink?: string
  readonly permitTunnel: string
}

const tcp = (addresses: readonly Address[]) => addresses.filter(({ kind }) => kind === 'tcp').map(formatAddress)
/** What the server dials for the client, and where it listens for it; of sockets sshd limits those that it dials, and not where it listens. */
const dialled = (forwards: readonly Forward[]) => {
  const opens = forwards.flatMap(({ opens }) => opens)
  return opens.includes('any') ? ['any'] : opens
}
const listened = (forwards: readonly Forward[]) =>
  tcp(forwards.filter(({ type }) => type === 'remote').map(({ listen }) => listen))

/** `no`, `local`, `remote`, or `yes` for both, as sshd's keywords have it. */
const directions = (local: boolean, remote: boolean): string =>
  local && remote ? 'yes' : local ? 'local' : remote ? 'remote' : 'no'

/** sshd's values for an account that may open these forwards and nothing else. */
export function permissionFor(
  forwards: readonly Forward[],
  alive: { readonly interval: number; readonly countMax: number },
  authorizedKeysFile: string,
  socketMode: string,
): Permission {
  const [opens, listens] = [dialled(forwards), listened(forwards)]
  const dialsSocket = forwards.some(({ type, far }) => type === 'local' && far.kind === 'socket')
  const bindsSocket = forwards.some(({ type, listen }) => type === 'remote' && listen.kind === 'socket')
  return {
    // Of sockets too: without it in their direction sshd refuses them, whatever AllowStreamLocalForwarding says (tried with 9.2p1 and 10.0p2).
    allowTcpForwarding: directions(
      opens.length > 0,
      forwards.some(({ type }) => type === 'remote'),
    ),
    ...(listens.length > 0 ? { gatewayPorts: 'clientspecified' } : {}),
    permitOpen: opens.length > 0 ? opens : ['none'],
    permitListen: listens.length > 0 ? listens : ['none'],
    clientAliveInterval: alive.interval,
    clientAliveCountMax: alive.countMax,
    maxSessions: 0,
    // Where sshd listens a command tells it the keys, see below: some versions ask no command when a file has the key (9.2p1).
    authorizedKeysFile: listens.length > 0 ? 'none' : authorizedKeysFile,
    allowStreamLocalForwarding: directions(dialsSocket, bindsSocket),
    ...(bindsSocket && { streamLocalBindMask: maskOf(socketMode), streamLocalBindUnlink: 'yes' }),
    permitTunnel: 'no',
  }
}

/** The options before the key, see sshd(8), AUTHORIZED_KEYS FILE FORMAT; restrict alone would refuse every forward. */
export function authorizedOptions(forwards: readonly Forward[]): string {
  const permits = [
    ...dialled(forwards)
      .filter(far => far !== 'any')
      .map(far => `permitopen="${far}"`),
    ...listened(forwards).map(listen => `permitlisten="${listen}"`),
  ]
  return ['restrict', 'port-forwarding', ...permits, 'command="/bin/false"'].join(',')
}

/** Each by itself, with its value in quotes. */
export const optionsIn = (options: string): string[] => options.match(/[^,"]+(?:"[^"]*")?/g) ?? []

/** A Match block, see sshd_config(5); inside a drop-in it does not leak into later files (tried with 9.2p1). */
export function matchText(account: string, permission: Permission, authorizedKeys: string): string {
  return `Match User ${account}
    # Global lists may keep the account out: these stand in their place.
    AllowUsers ${account}
    AllowGroups ${account}
    DenyUsers root
    DenyGroups root
    AuthenticationMethods publickey
    PubkeyAuthentication yes
    AuthorizedKeysFile ${permission.authorizedKeysFile}
${keysCommand(account, permission, authorizedKeys)}\
    ChrootDirectory none
    DisableForwarding no
    AllowTcpForwarding ${permission.allowTcpForwarding}
${permission.gatewayPorts === undefined ? '' : `    GatewayPorts ${permission.gatewayPorts}\n`}\
    # Several values stand on one line: a second line would be ignored.
    PermitOpen ${permission.permitOpen.join(' ')}
    PermitListen ${permission.permitListen.join(' ')}
    ClientAliveInterval ${permission.clientAliveInterval}
    ClientAliveCountMax ${permission.clientAliveCountMax}
    AllowAgentForwarding no
    AllowStreamLocalForwarding ${permission.allowStreamLocalForwarding}
${socketLines(permission)}\
    PermitTTY no
    PermitTunnel ${permission.permitTunnel}
    PermitUserRC no
    X11Forwarding no
    MaxSessions ${permission.maxSessions}
`
}

const socketLines = ({ streamLocalBindMask: mask, streamLocalBindUnlink: unlink }: Permission): string =>
  mask === undefined ? '' : `    StreamLocalBindMask ${mask}\n    StreamLocalBindUnlink ${unlink}\n`

/**
 * A port stays with the session that listens on it, also when that one's client is long gone: so a newer login that wants it ends the older. Where sshd listens on
 * nothing the file is enough, and no command of everybody's lets others in.
 */
function keysCommand(account: string, { authorizedKeysFile }: Permission, authorizedKeys: string): string {
  if (authorizedKeysFile !== 'none') return '    AuthorizedKeysCommand none\n'
  const lines = scripts.newer.text.split('\n').map(line => line.trim())
  const text = lines.filter(line => line !== '' && !line.startsWith('#')).join(' ')
  return `    # Prints what is in the file, and ends the older sessions of this account when a newer one cannot have its port.
    AuthorizedKeysCommand /bin/sh -c '${text}' newer %k ${authorizedKeys}
    AuthorizedKeysCommandUser ${account}
`
}
