// Why each line of a tunnel's unit, and each word of its ssh, is there. Pure.
import { giveReasons, type Line, type Reasons } from '../explained'

const ofUnit: Reasons = {
  Description: 'what systemctl shows of it',
  Wants: 'at boot the network is waited for, and not needed',
  After: 'the order at boot; a tunnel of a host to itself wants its own sshd first',
  StartLimitIntervalSec: 'systemd never gives up, however often ssh ends',
  WantedBy: 'started at every boot',
}

const ofService: Reasons = {
  ExecStartPre:
    'the pause before a start: none at first, then an eighth of the time that it has been going wrong, at most a minute; many tunnels of one client start in turn',
  ExecStart: 'plain ssh; its words follow',
  Restart: 'however ssh ends, it begins anew',
  RestartSec: 'at once: the pause is ExecStartPre',
  TimeoutStartSec: 'the pause and the turn of others count as the start',
  RuntimeDirectory: 'where its control socket is',
  RuntimeDirectoryMode: 'for its account and root alone',
  TimeoutStopSec: 'who got in through the tunnel does not hold up a stop',
}

export const ofExec: Reasons = {
  Environment: 'the shell that starts the ssh of each jump host; that of the account starts nothing',
  User: 'ssh runs as the account of the tunnel, which may do nothing else',
  AmbientCapabilities: 'opening a port below 1024 where the tunnel listens on one, and nothing else of root',
  CapabilityBoundingSet: 'no more than that for whatever ssh starts',
  LimitCORE: 'no core dump has the key in it',
  LockPersonality: 'sandbox: no other execution domain',
  MemoryDenyWriteExecute: 'sandbox: no memory that is written and run',
  NoNewPrivileges: 'sandbox: setuid programs give nothing',
  PrivateMounts: 'sandbox: mounts of its own',
  PrivateTmp: 'sandbox: a /tmp of its own',
  ProcSubset: 'sandbox: /proc shows processes alone',
  ProtectClock: 'sandbox: the clock cannot be set',
  ProtectControlGroups: 'sandbox: control groups can be read alone',
  ProtectHome: 'sandbox: homes are empty',
  ProtectHostname: "sandbox: the host's name cannot be set",
  ProtectKernelLogs: "sandbox: no kernel's log",
  ProtectKernelModules: 'sandbox: no kernel modules',
  ProtectProc: 'sandbox: the processes of others cannot be seen',
  ProtectSystem: 'sandbox: nothing can be written but /tmp',
  ReadWritePaths: 'the folder in which ssh makes its socket, where it is there',
  RemoveIPC: 'nothing of its shared memory stays behind',
  RestrictAddressFamilies: 'sandbox: IPv4, IPv6, and the sockets by which names are found',
  RestrictNamespaces: 'sandbox: no namespaces of its own',
  RestrictRealtime: 'sandbox: no realtime scheduling',
  RestrictSUIDSGID: 'sandbox: no setuid files can be made',
  SystemCallArchitectures: 'sandbox: system calls of this architecture alone',
  SystemCallErrorNumber: 'a refused system call fails, and does not kill ssh',
  SystemCallFilter: 'sandbox: the system calls that services need, without those that are privileged',
  UMask: 'what it writes nobody else reads',
}

export const ofControl: Reasons = {
  DevicePolicy: 'sandbox: no devices but null, zero, random and the like',
}

/** Of `ssh -o NAME=VALUE`. */
export const ofOptions: Reasons = {
  BatchMode: 'nobody is there who could be asked',
  ConnectTimeout: 'a server that does not answer is tried again soon',
  ControlMaster:
    'no: a connection of its own; yes: root can change its forwards while it runs (ssh -O), and nobody else',
  ControlPath: 'where',
  ExitOnForwardFailure:
    'a forward that is refused ends ssh, so that it is tried again; else it stays connected with no forward at all',
  GlobalKnownHostsFile: 'no host key but the pinned one counts',
  IdentitiesOnly: 'no key but its own is offered: sshd counts each that it refuses',
  IdentityAgent: 'the same, of an agent',
  PreferredAuthentications: 'nothing but the key is tried',
  ServerAliveCountMax: 'unanswered questions until ssh takes the server for dead, and begins anew',
  ServerAliveInterval:
    'seconds of silence until ssh asks the server whether it is there; it also keeps a NAT on the way from forgetting',
  StreamLocalBindMask: 'what nobody may do with the socket on which ssh listens; who connects needs to write',
  StreamLocalBindUnlink: "what ssh has left that was killed is in nobody's way",
  StrictHostKeyChecking: 'a server with another host key is not talked to',
  TCPKeepAlive: 'the kernel asks too',
  UpdateHostKeys: 'the server adds no keys to the pinned one',
  UserKnownHostsFile: 'where the pinned host key stands',
}

/** Of other words, by their flag. */
const ofFlags: readonly (readonly [RegExp, string])[] = [
  [/^\/usr\/bin\/ssh -F none -N -T$/, 'no configuration of the host (-F none), no command (-N), no terminal (-T)'],
  [
    /^\/usr\/bin\/ssh -F \S+ -N -T$/,
    'in place of the configuration of the host (-F) one of ours, for the ssh at each jump host; no command (-N), no terminal (-T)',
  ],
  [
    /^-J /,
    'the jump hosts, one after the other: at each an ssh logs in that connects to the next sshd (-W) and does nothing else',
  ],
  [/^-i /, 'the key of this tunnel, which never leaves this host'],
  [/^-p /, "the port of the server's sshd"],
  [/^-L /, 'ssh listens here, and the server dials there'],
  [/^-D /, 'ssh listens here as a SOCKS proxy, and the server dials what visitors name'],
  [/^-R /, 'the server listens here, and ssh dials there'],
  [/^[a-z][\w-]*@\S+$/, "the tunnel's account at the server"],
]

const tables = [
  [ofUnit, 'systemd.unit(5)'],
  [ofService, 'systemd.service(5)'],
  [ofExec, 'systemd.exec(5)'],
  [ofControl, 'systemd.resource-control(5)'],
] as const

/** Beside a unit that is a user's own. */
export const ofUsers: readonly Line[] = [
  {
    text: 'loginctl enable-linger',
    why: 'what a user runs goes on when he is not logged in, and begins at boot: switched on where it is off and he may, and off again with his last tunnel',
    page: 'loginctl(1)',
  },
  {
    text: 'no CapabilityBoundingSet, no Protect..., no Private..., no DevicePolicy',
    why: "a user's systemd mounts nothing and takes no capability away: of the sandbox stands here what the kernel does for whoever asks",
    page: 'systemd.exec(5)',
  },
]

/** Lines that go on, as one; comments and the mark are left out. */
const joined = (text: string) => text.replace(/ *\\\n\s*/g, '\n\t').split(/\n(?!\t)/)

const notAtBoot = 'which start systemctl enable would add it to; it is not enabled, so no boot starts it'

/** `isEnabled`: whether boots start it. */
export function explainUnit(text: string, isEnabled: boolean): Line[] {
  return joined(text)
    .filter(line => /^[A-Z]\w*=/.test(line))
    .flatMap(line => {
      const [name = ''] = line.split('=')
      if (name === 'ExecStart') return explainSsh(line.split('\n\t'))
      const shown = name === 'ExecStartPre' ? "ExecStartPre=-+/bin/sh -c '...' gate %n" : line
      const [reasons, page] = tables.find(([reasons]) => Object.hasOwn(reasons, name)) ?? [{}, '']
      const lines = giveReasons([shown], reasons, page)
      return name === 'WantedBy' && !isEnabled ? lines.map(line => ({ ...line, why: notAtBoot })) : lines
    })
}

/** Words of the ssh command line, the program first. */
export function explainSsh([first = '', ...words]: readonly string[]): Line[] {
  return [first.replace('ExecStart=', ''), ...words].map(text => {
    const option = /^-o (\w+)=/.exec(text)?.[1]
    if (option) return { ...giveReasons([option], ofOptions, 'ssh_config(5)')[0], text } as Line
    const why = ofFlags.find(([form]) => form.test(text))?.[1]
    if (!why) throw new Error(`no reason for ${JSON.stringify(text)}`)
    return { text, why, page: 'ssh(1)' }
  })
}
