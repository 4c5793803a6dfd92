// What a tunnel's ssh is told, whatever keeps it running.
import { folderOfSocket, formatAddress } from '../../../schemas/address'
import { type Forward, flagOf } from '../../../schemas/forward'
import { maskOf } from '../../../schemas/socket-folder'
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
  /** Who installs it in our place, on a host that is not ours: then no deploy puts anything back. */
  readonly installedBy?: string
}

/** Words of the ssh command line; every option that the host's ssh_config could spoil is given here, and -F ignores it. */
export function sshWords(unit: UnitPlan): string[] {
  const listensOnSocket = foldersOf(unit).length > 0
  // A home, and where systemd has made its folder, systemd knows (%h and %t of systemd.unit(5)).
  const at = (path: string) => (unit.isUsers ? path.replace(/^~\//, '%h/') : path)
  const options = {
    ...strictOptions({ ...unit, knownHosts: at(unit.knownHosts), hops: (unit.jumps?.hops ?? 0) + 1 }),
    ...(unit.isAlterable && {
      ControlMaster: 'yes',
      ControlPath: `${unit.isUsers ? '%t' : '/run'}/tunnel-${unit.tunnel}/control`,
    }),
    // What ssh has left that was killed would be in its way.
    ...(listensOnSocket && { StreamLocalBindMask: maskOf(unit.socketMode), StreamLocalBindUnlink: 'yes' }),
  }
  return [
    `/usr/bin/ssh -F ${at(unit.jumps?.config ?? 'none')} -N -T`,
    ...Object.entries(options).map(([name, value]) => `-o ${name}=${value}`),
    `-i ${at(unit.key)}`,
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

export function markOf({ tunnel, owner, command, forwards, installedBy }: UnitPlan): string {
  if (installedBy !== undefined)
    return `# Written by cdktf-ssh-tunnels for tunnel ${tunnel} of ${owner}, for ${installedBy} to install: nobody else changes it.\n`
  const listens = forwards.map(({ listen }) => formatAddress(listen)).join(' ')
  return writeMark({ tunnel, owner, notes: { command, listens } })
}
