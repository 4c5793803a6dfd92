// An attempt of who holds a tunnel's key to do what the tunnel does not.

/** Whose key is used: that of the remote forward, of the local one, of the second remote forward, of a tunnel that has the middle as a jump host, of the two that share one; or one that may everything. */
export type Login = 'remote' | 'local' | 'second' | 'jump' | 'shared' | 'everything'

export const groups = [
  'shell, command, sftp, scp, subsystem',
  'environment, agent, X11, tun device',
  'other listen ports and addresses',
  'other names for the address it may listen on',
  'port 0',
  'other destinations',
  'other names for the destination it may dial',
  'the reverse direction',
  'dynamic, by SOCKS',
  'unix sockets',
  'ssh -O',
  'other accounts, other keys',
  'as the account, on the hosts',
] as const

export type Group = (typeof groups)[number]

export interface Attempt {
  readonly group: Group
  readonly name: string
  /** By default the remote forward's key. */
  readonly key?: Login
  /**
   * A shell text for the client host, with the words of thief.ts. It has succeeded when it prints the secret word, which only those can know
   * who have reached what they should not.
   */
  readonly tries: string
  /** Where the effect is on the middle: a shell text there, while ssh holds on, that prints the word. */
  readonly seen?: string
  /** Only while the tunnels' own units are stopped: what they listen on would be in the way of those who may everything, too. */
  readonly alone?: true
  /** As whom it succeeds, by default as one who may everything. */
  readonly control?: Login
  /** Where it is tried, by default on the client host of the remote and the local forward. */
  readonly on?: 'middle'
  /** sshd need not have let it in for that: to get in is what it tries, or it needs no sshd. */
  readonly outside?: true
}

export const keyOf = ({ key = 'remote' }: Attempt): Login => key
