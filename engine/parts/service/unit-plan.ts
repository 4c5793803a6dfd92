// What a tunnel's ssh is told, whatever keeps it running.
import { folderOfSocket, formatAddress } from '../../../schemas/address'
import { type Forward, flagOf } from '../../../schemas/forward'
import { socketOptions } from '../../../schemas/socket-folder'
import { writeMark } from '../mark'
import { strictOptions } from '../ssh-options'

export interface UnitPlan {
  readonly tunnel: string
  readonly owner: string
  readonly description: string
  readonly account: string
  /** As whom ssh logs in on the server. */
  readonly login: string
  readonly key: string
  readonly knownHosts: string
  readonly interval: number
  readonly countMax: number
  readonly forwards: readonly Forward[]
  /** What it amounts to, as one would type it; stands in the mark. */
  readonly command: string
  readonly server: { readonly address: string; readonly port: number }
  /** For ssh -J, which starts an ssh for each; `config` is what they go by. */
  readonly jumps?: { readonly word: string; readonly hops: number; readonly config: string }
  /** Of the sockets on which ssh itself listens, in octal. */
  readonly socketMode: string
  /** Whether ssh itself listens on a port below 1024. */
  readonly bindsPrivileged: boolean
  /** Whether its forwards may change while it runs, by a control socket (ssh(1), -O). */
  readonly isAlterable: boolean
  /** It is a user's own, who runs it without root: then ~ in a path is his home. */
  readonly isUsers?: true
  /** Which side is not ours, where that is the server. */
  readonly handed?: string
  /** Who installs it in our place, on a host that is not ours: then no deploy puts anything back. */
  readonly installedBy?: string
}

/** Words of the ssh command line; every option that the host's ssh_config could spoil is given here, and -F ignores it. */
export function sshWords(unit: UnitPlan): string[] {
  const options = {
    ...strictOptions({ ...unit, hops: (unit.jumps?.hops ?? 0) + 1 }),
    ...(unit.isAlterable && { ControlMaster: 'yes', ControlPath: `/run/tunnel-${unit.tunnel}/control` }),
    ...socketOptions(unit.forwards, unit.socketMode),
  }
  return [
    `/usr/bin/ssh -F ${unit.jumps?.config ?? 'none'} -N -T`,
    ...Object.entries(options).map(([name, value]) => `-o ${name}=${value}`),
    `-i ${unit.key}`,
    unit.jumps ? `-J ${unit.jumps.word}` : '',
    unit.server.port === 22 ? '' : `-p ${unit.server.port}`,
    ...unit.forwards.map(flagOf),
    `${unit.login}@${unit.server.address}`,
  ].filter(Boolean)
}

/** Where ssh itself makes sockets. */
export const foldersOf = ({ forwards }: UnitPlan): string[] => [
  ...new Set(
    forwards.flatMap(({ type, listen }) =>
      type === 'local' && listen.kind === 'socket' ? [folderOfSocket(listen.path)] : [],
    ),
  ),
]

export function markOf({ tunnel, owner, command, forwards, handed, installedBy }: UnitPlan): string {
  if (installedBy !== undefined)
    return `# Written by cdktf-ssh-tunnels for tunnel ${tunnel} of ${owner}, for ${installedBy} to install: nobody else changes it.\n`
  const listens = forwards.map(({ listen }) => formatAddress(listen)).join(' ')
  return writeMark({ tunnel, owner, notes: { command, listens, handed } })
}
