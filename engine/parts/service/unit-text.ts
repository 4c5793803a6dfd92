// The text of a tunnel's systemd unit: ssh with strict options, sandboxed, coming back for ever.
import { scripts } from '../../remote/texts'
import { seal } from '../seal'
import { foldersOf, markOf, sshWords, type UnitPlan } from './unit-plan'

/** Systemd reads a percent sign as a specifier, and ssh as the beginning of a zone. */
const escaped = (text: string): string => text.replaceAll('%', '%%')

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
  const isAtHome = [unit.key, unit.knownHosts].some(path => /^\/(home|root|run\/user)\//.test(path))
  // Systemd makes that folder for the account alone, and takes it away with ssh.
  const folder = unit.isAlterable ? `RuntimeDirectory=tunnel-${unit.tunnel}\nRuntimeDirectoryMode=0700\n` : ''
  const text = `${markOf(unit)}[Unit]
Description=SSH tunnel ${escaped(unit.description)}
Wants=network-online.target
After=network-online.target ssh.service sshd.service
StartLimitIntervalSec=0

[Service]
User=${unit.account}
${unit.jumps ? 'Environment=SHELL=/bin/sh\n' : ''}ExecStartPre=-+/bin/sh -c ${oneWord(scripts.gate.text)} gate %n
ExecStart=${sshWords(unit).map(escaped).join(' \\\n  ')}
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
ProtectHome=${isAtHome ? 'read-only' : 'tmpfs'}
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
`
  // What others install nobody of us alters.
  return unit.installedBy === undefined ? seal(text) : text
}
