// How every ssh of a tunnel goes to an sshd, the server's or a jump host's: options that the host's own configuration could spoil. Pure.

interface Going {
  readonly knownHosts: string
  /** Keepalive: seconds, and how often it may go unanswered. */
  readonly interval: number
  readonly countMax: number
  /** How many sshd there are on the way, the last among them: ssh's time to connect holds for all of it. */
  readonly hops: number
}

/** See ssh_config(5). */
export const strictOptions = ({ knownHosts, interval, countMax, hops }: Going) => ({
  BatchMode: 'yes',
  ConnectTimeout: 10 * hops,
  ControlMaster: 'no',
  ControlPath: 'none',
  // Without it ssh stays connected with no forward at all, and never comes back (tried with 9.2p1).
  ExitOnForwardFailure: 'yes',
  GlobalKnownHostsFile: 'none',
  IdentitiesOnly: 'yes',
  IdentityAgent: 'none',
  PreferredAuthentications: 'publickey',
  // Debian makes BatchMode imply an interval of 300 seconds: always set it.
  ServerAliveCountMax: countMax,
  ServerAliveInterval: interval,
  StrictHostKeyChecking: 'yes',
  TCPKeepAlive: 'yes',
  UpdateHostKeys: 'no',
  UserKnownHostsFile: knownHosts,
})
