// The text of a tunnel's systemd unit: ssh with strict options, sandboxed, coming back for ever.
import { formatAddress } from '../../../schemas/address'
import { type Forward, flagOf } from '../../../schemas/forward'
import { scripts } from '../../remote/texts'
import { writeMark } from '../mark'
import { seal } from '../seal'

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
  /** Whether ssh itself listens on a port below 1024. */
  readonly bindsPrivileged: boolean
  /** Whether its forwards may change while it runs, by a control socket (ssh(1), -O). */
  readonly isAlterable: boolean
}

/** Words of the ssh command line; every option that the host's ssh_config could spoil is given here, and -F none ignores it. */
function sshWords(unit: UnitPlan): string[] {
  const options = {
    BatchMode: 'yes',
    ConnectTimeout: 10,
    ControlMaster: unit.isAlterable ? 'yes' : 'no',
    ControlPath: unit.isAlterable ? `/run/tunnel-${unit.tunnel}/control` : 'none',
    // Without it ssh stays connected with no forward at all, and never comes back (tried with 9.2p1).
    ExitOnForwardFailure: 'yes',
    GlobalKnownHostsFile: 'none',
    IdentitiesOnly: 'yes',
    IdentityAgent: 'none',
    PreferredAuthentications: 'publickey',
    // Debian makes BatchMode imply an interval of 300 seconds: always set it.
    ServerAliveCountMax: unit.countMax,
    ServerAliveInterval: unit.interval,
    StrictHostKeyChecking: 'yes',
    TCPKeepAlive: 'yes',
    UpdateHostKeys: 'no',
    UserKnownHostsFile: unit.knownHosts,
  }
  return [
    '/usr/bin/ssh -F none -N -T',
    ...Object.entries(options).map(([name, value]) => `-o ${name}=${value}`),
    `-i ${unit.key}`,
    unit.server.port === 22 ? '' : `-p ${unit.server.port}`,
    ...unit.forwards.map(flagOf),
    `${unit.account}@${unit.server.address}`,
  ].filter(Boolean)
}

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
ExecStartPre=-+/bin/sh -c ${oneWord(scripts.gate.text)} gate %n
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
