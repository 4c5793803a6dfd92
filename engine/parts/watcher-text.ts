// The texts of a resident proof: its program, the unit that runs it in a sandbox, and the timer that starts that; and why each line is there. Pure.
import { scripts } from '../remote/texts'
import { giveReasons, type Line, type Reasons } from './explained'
import { writeMark } from './mark'
import { folderOf } from './paths'
import { ofControl, ofExec } from './service/unit-reasons'

export interface Watch {
  readonly tunnel: string
  readonly owner: string
  readonly every: string
  /** Of each forward that is watched, one after the other. */
  readonly proofs: readonly Asking[]
}

export interface Asking {
  /** What the forward is called, where the tunnel may have several; null where it is the tunnel. */
  readonly label: string | null
  readonly kind: string
  readonly address: string
  readonly port: number
  /** Whether it comes to the port from another machine than the one that listens. */
  readonly pastFirewall: boolean
  readonly statuses: readonly string[]
  /** Far's port, where far need not speak and this host dials it; else null. */
  readonly dials: number | null
  /** The words of a command, or `POST` and an address or the path of a file with one; empty for none. */
  readonly hook: readonly string[]
}

/** Told by a POST, and no command. */
export const isWebhook = ([verb]: readonly string[]): boolean => verb === 'POST'

export interface WatcherFile {
  readonly path: string
  readonly text: string
}

export const unitsOf = (tunnel: string) =>
  ({ service: `ssh-tunnels-watch-${tunnel}.service`, timer: `ssh-tunnels-watch-${tunnel}.timer` }) as const

export const pathsOf = (tunnel: string) => ({
  program: `${folderOf(tunnel)}/prove.sh`,
  service: `/etc/systemd/system/${unitsOf(tunnel).service}`,
  timer: `/etc/systemd/system/${unitsOf(tunnel).timer}`,
})

const describeOne = ({ label, kind, address, port, pastFirewall }: Asking): string =>
  `${label === null ? '' : `${label}: `}${kind} ${address} ${port}${pastFirewall ? '' : ' (past the firewall: no)'}`

export const describeAsked = ({ proofs }: Pick<Watch, 'proofs'>): string => proofs.map(describeOne).join('; ')

/** Its words where all have the same; else a line for each that has one. */
export function describeHook({ proofs }: Pick<Watch, 'proofs'>): string[] {
  const [first, ...others] = proofs.map(({ hook }) => hook)
  if (first && others.every(hook => JSON.stringify(hook) === JSON.stringify(first))) return [...first]
  return proofs.flatMap(({ label, hook }) => (hook.length > 0 ? [`${label}: ${hook.join(' ')}`] : []))
}

/** Under which name a look tells its history (remote/history.sh). */
export const historyOf = (tunnel: string, { label }: Pick<Asking, 'label'>): string =>
  label === null ? tunnel : `${tunnel}/${label.replace('/', '.')}`

/** A word of a unit's command line as systemd.service(5) reads it. */
const quoteWord = (word: string): string => `"${word.replace(/[\\"]/g, '\\$&').replace(/[$%]/g, '$&$&')}"`

/** The program, the service, the timer. */
export function filesOf(watch: Watch): WatcherFile[] {
  const { tunnel, owner, every } = watch
  const { program, service, timer } = pathsOf(tunnel)
  const mark = writeMark({
    tunnel,
    owner,
    notes: { every, asks: describeAsked(watch), hook: JSON.stringify(describeHook(watch)) },
  })
  return [
    { path: program, text: writeMark({ tunnel, owner, notes: {} }) + scripts.prove.text },
    { path: service, text: mark + serviceText(watch, program) },
    { path: timer, text: mark + timerText(watch) },
  ]
}

/**
 * The hook does whatever root can, so that it runs outside of the sandbox (`+`). The proof is root's to write its history, and has of root but
 * becoming nobody. What systemd itself says of each run is left out, not what the hook says.
 */
function serviceText({ tunnel, proofs }: Watch, program: string): string {
  const run = (...all: string[]) => `/bin/sh ${program} ${all.map(quoteWord).join(' ')}`
  const nameOf = ({ label }: Asking) => (label === null ? tunnel : `${tunnel}:${label}`)
  const asks = proofs.map(one => {
    const words = [one.kind, one.address, String(one.port), one.statuses.join(',') || '-', String(one.dials ?? '-')]
    return `ExecStart=${run('prove', nameOf(one), ...words, one.hook.length > 0 ? 'hooked' : '-')}\n`
  })
  const tells = proofs.flatMap(one => {
    const { hook } = one
    const told = isWebhook(hook) ? ['post', nameOf(one), ...hook.slice(1)] : ['tell', nameOf(one), ...hook]
    return hook.length > 0 ? [`ExecStartPost=+${run(...told)}\n`] : []
  })
  // By it the kernel tells connections.
  const netlink = proofs.every(({ dials }) => dials === null) ? '' : ' AF_NETLINK'
  return `[Unit]
Description=Proof of SSH tunnel ${tunnel}
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=oneshot
${asks.join('')}${tells.join('')}TimeoutStartSec=180
TimeoutStopSec=5
StateDirectory=ssh-tunnels-watch ssh-tunnels-watch/${tunnel}
StateDirectoryMode=0700
UMask=0077
SyslogLevel=notice
LogLevelMax=notice
CapabilityBoundingSet=CAP_SETGID CAP_SETUID
DevicePolicy=closed
LimitCORE=0
LockPersonality=yes
MemoryDenyWriteExecute=yes
NoNewPrivileges=yes
PrivateDevices=yes
PrivateMounts=yes
PrivateTmp=yes
ProcSubset=pid
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
RestrictAddressFamilies=AF_INET AF_INET6${netlink}
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallFilter=@setuid capset
`
}

const timerText = ({ tunnel, every }: Watch): string => `[Unit]
Description=Proves SSH tunnel ${tunnel} again and again

[Timer]
OnActiveSec=5s
OnUnitInactiveSec=${every}
AccuracySec=1s
RandomizedDelaySec=10s

[Install]
WantedBy=multi-user.target
`

const ofService: Reasons = {
  Description: 'what systemctl shows of it',
  After: 'at boot the network comes first',
  StartLimitIntervalSec: 'however often somebody starts it, systemd does not refuse it',
  Type: 'one proof of each, and it ends',
  ExecStart: 'the program that dials the public port, and its words: what to ask',
  ExecStartPost: 'the hook, where that has changed something; as root and with no sandbox (+)',
  TimeoutStartSec: 'a proof that hangs is ended',
  TimeoutStopSec: 'a hook that does not end holds up no deploy',
  SyslogLevel: 'what the hook says is kept',
  StateDirectory: 'where its history is, and its turn among the proofs of the host',
  StateDirectoryMode: 'for root alone',
  LogLevelMax: 'what systemd itself says of each run is not',
}

const ofTimer: Reasons = {
  Description: 'what systemctl shows of it',
  OnActiveSec: 'the first proof, right after a start',
  OnUnitInactiveSec: 'from the end of one proof to the next',
  AccuracySec: 'a second is near enough',
  RandomizedDelaySec: 'the proofs of a host, and of many hosts, do not come all at once',
  WantedBy: 'at every boot',
}

/** What differs from the sandbox of a tunnel's own unit. */
const ofSandbox: Reasons = {
  ...ofExec,
  ...ofControl,
  CapabilityBoundingSet: 'of root nothing but becoming nobody, who reads what far says',
  PrivateDevices: 'sandbox: a /dev of its own',
  ProtectHome: 'sandbox: homes cannot be entered',
  ProtectKernelTunables: "sandbox: the kernel's settings can be read alone",
  ProtectSystem: 'sandbox: nothing can be written but its history and /tmp',
  RestrictAddressFamilies: 'sandbox: IPv4, IPv6; and netlink where it has to list connections',
  SystemCallErrorNumber: 'a refused system call fails, and does not kill it',
  SystemCallFilter:
    'sandbox: the system calls that services need; of the privileged ones those by which it becomes nobody',
}

/** The lines that do something. */
const settingsIn = (text: string): string[] => text.split('\n').filter(line => /^[A-Z]\w*=/.test(line))
const isOfService = (line: string): boolean => Object.hasOwn(ofService, line.replace(/=.*/, ''))

/** Of the texts of its service and its timer. */
export function explainWatcher(service: string, timer: string): Line[] {
  const lines = settingsIn(service)
  return [
    ...giveReasons(settingsIn(timer), ofTimer, 'systemd.timer(5)'),
    ...giveReasons(lines.filter(isOfService), ofService, 'systemd.service(5)'),
    ...giveReasons(
      lines.filter(line => !isOfService(line)),
      ofSandbox,
      'systemd.exec(5)',
    ),
  ]
}
