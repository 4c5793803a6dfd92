// What one look at a host shows: everything of ours that was asked about, and what it depends on there.

export interface HostFile {
  /** Octal, as `stat -c %a`. */
  readonly mode: string
  /** Owner and group names, as `stat -c %U:%G`. */
  readonly owner: string
  readonly text: string
  /** In hex, of a file of which only this is read; its text is empty here. Empty where the host does not tell. */
  readonly sha256?: string
}

export interface Listener {
  /** IP address without brackets; `*`, `0.0.0.0` or `::` for every address. */
  readonly address: string
  readonly port: number
  /** Program and process ID, as in `ss -p`; empty when ss does not tell. */
  readonly program: string
  readonly pid: number | null
  /** The user who listens; 0 is root. */
  readonly uid: number
}

/** `systemctl show` properties by name. */
export interface Unit {
  readonly [property: string]: string
}

/** What keeps a service running on a host, in the words of service.schema.json. */
export const supervisors = ['systemd', 'systemd-user', 'openrc', 'sysvinit', 'pidfile'] as const
export type SupervisorName = (typeof supervisors)[number]

/** A service that a script of ours keeps running, without systemd. */
export interface Scripted {
  /** activating: between two tries of ssh. */
  readonly state: 'active' | 'activating' | 'inactive'
  /** Of ssh; 0 for none. */
  readonly pid: number
  /** How often ssh was begun anew since somebody last started it. */
  readonly restarts: number
  /** Who starts it at boot; empty for nobody. */
  readonly startedBy: string
}

/** The login that looks at a host, and what sshd has for it, by lower-case keyword. */
export interface Admission {
  readonly user: string
  readonly isRoot: boolean
  readonly groups: readonly string[]
  /** The address that it comes from, as SSH_CONNECTION has it. */
  readonly from: string
  /** Where it came in, at a port on which sshd itself listens; null where it does not, or nobody tells. */
  readonly to: { readonly address: string; readonly port: number } | null
  readonly now: Readonly<Record<string, string>>
  /** With our drop-in as declared. */
  readonly after: Readonly<Record<string, string>>
  /** Files of others that the running sshd has not read: it has let us in without them. */
  readonly unread: readonly string[]
  /** Those of the login's keys, "ssh-ed25519 AAAA...", that stand in the files which sshd reads; null where nobody knows them. */
  readonly keysNow: readonly string[] | null
  readonly keysAfter: readonly string[] | null
}

/** The ssh of a tunnel on its client. */
export interface Session {
  /** How often systemd has begun it anew by itself, since somebody last started it. */
  readonly restarts: number
  /** Seconds that the process has run; null while there is none. */
  readonly age: number | null
  /** Of its connection to sshd; null where it has none, or nobody tells. */
  readonly bytes: { readonly sent: number; readonly received: number } | null
  /** What it has said last, and how many seconds ago; null for nothing. */
  readonly words: { readonly text: string; readonly age: number } | null
}

export interface Traffic {
  /** By unit; of a unit that systemd does not know there is none. */
  readonly sessions: Readonly<Record<string, Session>>
  /** Connections to where a tunnel listens that stand now, by ACCOUNT PORT; empty where the host does not tell. */
  readonly open: Readonly<Record<string, number>>
}

/** What a resident proof has seen. Milliseconds are since 1970, by our clock. */
export interface History {
  /** When it was taken last; null for never. */
  readonly checked: number | null
  /** When the timer that stands was written; null for none. */
  readonly begun: number | null
  /** The oldest first. */
  readonly changes: readonly { readonly at: number; readonly state: string; readonly why: string }[]
}

/** One end of a connection between a tunnel's ssh and its sshd. */
export interface Held {
  readonly account: string
  readonly pid: number
  /** Since when its process runs. */
  readonly seconds: number
  /** ADDRESS:PORT as ss writes them. */
  readonly local: string
  readonly peer: string
  /** Milliseconds since the other end was last heard; null where ss does not tell. */
  readonly heardMs: number | null
  /** How often in a row what was sent has been sent again, ever further apart. */
  readonly backoff: number
}

/** What a unit of ours has said, and when, in seconds since 1970. */
export interface Said {
  readonly unit: string
  readonly at: number
  readonly text: string
}

/** How the tunnels of a host are; only where it was asked for. */
export interface Health {
  /** Seconds by which the host's clock is surely ahead of ours, or behind (below zero); 0 as far as one can tell, null where it does not tell its time. */
  readonly clockAhead: number | null
  /** Seconds after which the host's kernel forgets a connection that is silent; null where it follows none. */
  readonly remembers: number | null
  /** Whether it takes up again what it has forgotten. */
  readonly takesUp: boolean
  /** The lowest port that others than root may listen on; null where the host does not tell. */
  readonly unprivilegedFrom: number | null
  /** When the text of each unit was written, in seconds since 1970 by the host's clock. */
  readonly written: Readonly<Record<string, number>>
  /** null where the host does not tell: it has no ss, or no pgrep. */
  readonly held: readonly Held[] | null
  readonly said: readonly Said[]
}

/** A unix socket that was asked about: on which an account is to listen, or that it is to dial. */
export interface SocketSeen {
  readonly verb: 'listens' | 'dials'
  readonly account: string
  readonly path: string
  /** What is there, as stat(1) calls it; null for nothing. */
  readonly file: { readonly type: string; readonly uid: number; readonly mode: string } | null
  /** Whether some process listens on that very file. */
  readonly isListened: boolean
  /** Of its folder; null where there is none. */
  readonly folder: { readonly type: string; readonly owner: string; readonly mode: string } | null
  /** Whether the account may make a file in the folder, or write to the socket; without an account, whether anybody may. null where nobody tells. */
  readonly may: boolean | null
  /** Connections to it that stand now; null where the host does not tell. */
  readonly open: number | null
}

export interface Snapshot {
  /** What the host is, however it is reached or called; null when it does not tell. Clones of one image differ. */
  readonly machine: string | null
  /** Contents by path: our files of what was asked about (never a private key), sshd's and nftables' configuration. */
  readonly files: Readonly<Record<string, HostFile>>
  readonly accounts: Readonly<
    Record<string, { readonly shell: string; readonly comment: string; readonly uid: number }>
  >
  /** Public halves, "ssh-ed25519 AAAA...", by the private key's path; empty for a key that is no good. */
  readonly keys: Readonly<Record<string, string>>
  /** What each of those keys was made for, by path, as its comment says behind the account; none where it says nothing more. */
  readonly rotations: Readonly<Record<string, string>>
  /** The host's own public keys, "ssh-ed25519 AAAA...". */
  readonly hostKeys: readonly string[]
  /** What `sshd -t` complains of; null when the configuration is valid. */
  readonly sshdError: string | null
  /** The configuration file that sshd reads (`sshd -f`). */
  readonly sshdMain: string
  /** Whether systemd listens for sshd (ssh.socket): what sshd says of ports and addresses does not count then. */
  readonly sshdBehindSocket: boolean
  /** Whether sshd takes an Include at all, which it does since 8.2. */
  readonly sshdIncludes: boolean
  /** Effective values by user and lower-case keyword, as `sshd -T -C user=`; the user `*` stands for everybody. */
  readonly sshd: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** All that `sshd -T` prints for everybody, line by line; empty unless lines were asked about. */
  readonly sshdSays: readonly string[]
  /**
   * By line of a configuration that was asked about: what `sshd -T` prints of it where it stands alone. Empty where it prints nothing of it.
   */
  readonly sshdLines: Readonly<Record<string, readonly string[]>>
  /** What `sshd -t` complains of, by the line that it does not take alone. */
  readonly sshdRefused: Readonly<Record<string, string>>
  /** As `OpenSSH_9.2p1`; null unless lines were asked about. */
  readonly sshdVersion: string | null
  /** What a change of our drop-in is for the login that looks; null where none was asked about, where it stands and sshd has read all, and where nobody tells. */
  readonly admission: Admission | null
  /** The connection that the look came by, as its end sees it; null where it came by none. */
  readonly connection: { readonly from: string; readonly address: string; readonly port: number } | null
  /** The groups of users that were asked about, by name; a user that is not there has none. */
  readonly groups: Readonly<Record<string, readonly string[]>>
  /** Drop-ins of ours that the running sshd has not read. Empty where nothing tells. */
  readonly unread: readonly string[]
  /** Accounts of ours that have a session of sshd. */
  readonly sessions: readonly string[]
  /** Files of ours that are newer than a session of sshd for their account, which has the rights of before. */
  readonly outlived: readonly string[]
  /** A file that keeps everybody but root from logging in (pam_nologin(8)); null for none. */
  readonly nologin: string | null
  /**
   * `nft -t -j list ruleset`, and behind it each set and map that could be read with its elements; null without nft. `devices`: of chains at ingress
   * and egress, by family, table and chain.
   */
  readonly nft: unknown
  /** What nft says of a table of ours that was asked about, by its name, where it would not load it. */
  readonly rulesRefused: Readonly<Record<string, string>>
  /**
   * `chain FAMILY TABLE NAME` of each chain at hook input that nftables.conf does not make, `error ...` where it does not load, or `unknown`
   * where it takes too long to try; empty without the file.
   */
  readonly notMade: readonly string[]
  /** Who loads rules at boot, by name: the files of rules that it names; none where it loads others of iptables'. */
  readonly atBoot: Readonly<Record<string, readonly string[]>>
  /** Whether `nft` is all that filters; unknown where rules may stand that nft does not show. */
  readonly filter: 'known' | 'unknown'
  /** Why it is unknown, to stand in a message; null when known. */
  readonly filterReason: string | null
  /** By name, also loaded ones whose file is gone. */
  readonly units: Readonly<Record<string, Unit>>
  /** Who has looked, where that was not root; null for root. */
  readonly user: string | null
  /** Whether his services go on when he is not logged in, and from boot on; `may`: he may have it so. */
  readonly lingering: 'on' | 'may' | 'no'
  /** What runs services on the host. */
  readonly supervisor: SupervisorName
  /** By the name that its unit would have. */
  readonly services: Readonly<Record<string, Scripted>>
  /** Names of units that start at boot, also where the file is gone. */
  readonly wantedUnits: readonly string[]
  readonly listeners: readonly Listener[]
  readonly sockets: readonly SocketSeen[]
  /** Folders that were made for sockets, by path. */
  readonly socketFolders: Readonly<Record<string, Pick<HostFile, 'mode' | 'owner'>>>
  readonly addresses: readonly string[]
  /** Names of network interfaces that have addresses, without lo; empty where the host does not tell. */
  readonly interfaces: readonly string[]
  /** Paths of ours that a killed program has left and the next batch clears. */
  readonly left: readonly string[]
  /** What a killed program has left in the accounts' files and may be somebody else's: paths, or `group NAME`. */
  readonly othersLeft: readonly string[]
  /** Programs that were asked for and that the host lacks. */
  readonly missing: readonly string[]
  /** The last lines that a unit wrote, by its name; only where they were asked for. */
  readonly journals: Readonly<Record<string, string>>
  /** By tunnel; of those that a timer here proves, or has proved. */
  readonly histories: Readonly<Record<string, History>>
  /** What goes through the tunnels here; null where nobody has asked. */
  readonly traffic: Traffic | null
  readonly health: Health | null
}
