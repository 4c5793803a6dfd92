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
  const folders = foldersOf(unit).map(folder => `ReadWritePaths=-${folder}\n`)
  // Systemd makes that folder for the account alone, and takes it away with ssh.
  const folder = unit.isAlterable ? `RuntimeDirectory=tunnel-${unit.tunnel}\nRuntimeDirectoryMode=0700\n` : ''
  const text = `${markOf(unit)}[Unit]
Description=SSH tunnel ${escaped(unit.description)}
${unit.isUsers ? '' : 'Wants=network-online.target\nAfter=network-online.target ssh.service sshd.service\n'}\
StartLimitIntervalSec=0

[Service]
${unit.isUsers ? '' : `User=${unit.account}\n`}\
${unit.jumps ? 'Environment=SHELL=/bin/sh\n' : ''}\
ExecStartPre=${gateOf(unit)}
ExecStart=${wordsOf(unit).join(' \\\n  ')}
Restart=always
RestartSec=0
TimeoutStartSec=120
TimeoutStopSec=5
${folder}${unit.isUsers ? sandboxOfUser : sandboxOf(unit, folders)}
[Install]
WantedBy=${unit.isUsers ? 'default' : 'multi-user'}.target
`
  // What others install nobody of us alters.
  return unit.installedBy === undefined ? seal(text) : text
}

/** A user's home, and the folder for his sockets, only systemd knows (%h and %t of systemd.unit(5)). */
const wordsOf = (unit: UnitPlan): string[] => {
  const words = sshWords(unit).map(escaped)
  if (!unit.isUsers) return words
  return words.map(word => word.replace(/([ =])~\//g, '$1%h/').replace(/^(-o ControlPath=)\/run\//, '$1%t/'))
}

const gateOf = ({ isUsers }: UnitPlan): string =>
  isUsers
    ? `-/bin/sh -c ${oneWord(scripts.gateOfUser.text)} gate %n %t`
    : `-+/bin/sh -c ${oneWord(scripts.gate.text)} gate %n`

function sandboxOf(unit: UnitPlan, folders: readonly string[]): string {
  const capability = unit.bindsPrivileged ? 'CAP_NET_BIND_SERVICE' : ''
  const isAtHome = [unit.key, unit.knownHosts].some(path => /^\/(home|root|run\/user)\//.test(path))
  return `AmbientCapabilities=${capability}
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
`
}

/**
 * A user's systemd mounts nothing for a unit and takes no capability away: what needs that it passes over without a word, or does not start (252). What is
 * left is what the kernel does for whoever asks (seccomp(2), setrlimit(2)).
 */
const sandboxOfUser = `LimitCORE=0
LockPersonality=yes
MemoryDenyWriteExecute=yes
NoNewPrivileges=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
UMask=0077
`
