// The text of a tunnel's systemd unit: ssh with strict options, sandboxed, coming back for ever.
import { folderOfSocket, formatAddress } from '../../../schemas/address'
import { type Forward, flagOf } from '../../../schemas/forward'
import { maskOf } from '../../../schemas/socket-folder'
import { scripts } from '../../remote/texts'
import { writeMark } from '../mark'
import { seal } from '../seal'
import { strictOptions } from '../ssh-options'

export interface UnitPlan {
  readonly tunnel: string
  readonly owner: string
  readonly description: string
  readonly account: string
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
}

/** Words of the ssh command line; every option that the host's ssh_config could spoil is given here, and -F ignores it. */
function sshWords(unit: UnitPlan): string[] {
  const listensOnSocket = foldersOf(unit).length > 0
  const options = {
    ...strictOptions({ ...unit, hops: (unit.jumps?.hops ?? 0) + 1 }),
    ...(unit.isAlterable && { ControlMaster: 'yes', ControlPath: `/run/tunnel-${unit.tunnel}/control` }),
    // What ssh has left that was killed would be in its way.
    ...(listensOnSocket && { StreamLocalBindMask: maskOf(unit.socketMode), StreamLocalBindUnlink: 'yes' }),
  }
  return [
    `/usr/bin/ssh -F ${unit.jumps?.config ?? 'none'} -N -T`,
    ...Object.entries(options).map(([name, value]) => `-o ${name}=${value}`),
    `-i ${unit.key}`,
    unit.jumps ? `-J ${unit.jumps.word}` : '',
    unit.server.port === 22 ? '' : `-p ${unit.server.port}`,
    ...unit.forwards.map(flagOf),
    `${unit.account}@${unit.server.address}`,
  ].filter(Boolean)
}

/** Where ssh itself makes sockets. */
const foldersOf = ({ forwards }: UnitPlan): string[] => [
  ...new Set(
    forwards.flatMap(({ type, listen }) =>
      type === 'local' && listen.kind === 'socket' ? [folderOfSocket(listen.path)] : [],
    ),
  ),
]

/** A program text as one word of a unit's command line (systemd.service(5)), in lines as the text has them. */
function oneWord(text: string): string {
  const lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'))
  return `'${lines.map(line => line.replace(/[$%]/g, '$&$&')).join(' \\\n  ')}'`
}

/**
 * What a start costs counts, for a tunnel that was cut waits for it: PrivateDevices, ProtectKernelTunables and a /home that cannot be entered are
 * left out, as each makes systemd mount much for every start. DevicePolicy and an empty /home stand for two of them; what the third closes is
 * root's alone. What is left open, and why, stands in docs/security.md. Who got in does not hold up a stop for longer than TimeoutStopSec, and no
 * core has the key in it.
 */
export function unitText(unit: UnitPlan): string {
  const capability = unit.bindsPrivileged ? 'CAP_NET_BIND_SERVICE' : ''
  const folders = foldersOf(unit).map(folder => `ReadWritePaths=-${folder}\n`)
  const listens = unit.forwards.map(({ listen }) => formatAddress(listen)).join(' ')
  const mark = writeMark({ tunnel: unit.tunnel, owner: unit.owner, notes: { command: unit.command, listens } })
  // Systemd makes that folder for the account alone, and takes it away with ssh.
  const folder = unit.isAlterable ? `RuntimeDirectory=tunnel-${unit.tunnel}\nRuntimeDirectoryMode=0700\n` : ''
  return seal(`${mark}[Unit]
Description=SSH tunnel ${unit.description}
Wants=network-online.target
After=network-online.target ssh.service sshd.service
StartLimitIntervalSec=0

[Service]
User=${unit.account}
${unit.jumps ? 'Environment=SHELL=/bin/sh\n' : ''}ExecStartPre=-+/bin/sh -c ${oneWord(scripts.gate.text)} gate %n
ExecStart=${sshWords(unit).join(' \\\n  ')}
Restart=always
RestartSec=0
TimeoutStartSec=120
TimeoutStopSec=5
${folder}AmbientCapabilities=${capability}
CapabilityBoundingSet=${capability}
DevicePolicy=closed
LimitCORE=0
LockPersonality=yes
MemoryDenyWriteExecute=yes
NoNewPrivileges=yes
PrivateMounts=yes
PrivateTmp=yes
ProcSubset=pid
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=tmpfs
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectProc=invisible
ProtectSystem=strict
${folders.join('')}\
RemoveIPC=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
UMask=0077

[Install]
WantedBy=multi-user.target
`)
}
