// What a tunnel's ssh is told, whatever keeps it running.
import { formatAddress } from '../../../schemas/address'
import { type Forward, flagOf } from '../../../schemas/forward'
import { writeMark } from '../mark'

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
}

/** Words of the ssh command line; every option that the host's ssh_config could spoil is given here, and -F none ignores it. */
export function sshWords(unit: UnitPlan): string[] {
  const options = {
    BatchMode: 'yes',
    ConnectTimeout: 10,
    ControlMaster: 'no',
    ControlPath: 'none',
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

export function markOf({ tunnel, owner, command, forwards }: UnitPlan): string {
  const listens = forwards.map(({ listen }) => formatAddress(listen)).join(' ')
  return writeMark({ tunnel, owner, notes: { command, listens } })
}
