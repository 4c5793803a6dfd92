// What every part is: it reads itself from a snapshot, and plans the steps from what is there to what should be.
import { createHash } from 'node:crypto'

/** A value that is known only after apply. */
export const unknown: unique symbol = Symbol('known after apply')

/** A state of which some values may be known only after apply. */
export type Wanted<State> = { [Key in keyof State]: State[Key] | typeof unknown }

/**
 * When a step of a batch runs; steps run phase by phase, in this order. Sessions end right after sshd has the new rules: were somebody
 * else's later step to stop the batch, the next plan would see the new files and leave the old sessions alone.
 */
export const phases = ['stop', 'make', 'sshd', 'end', 'firewall', 'units', 'start', 'unmake'] as const
export type Phase = (typeof phases)[number]

/** One change on a host: a function of remote/, its arguments, and a sentence that says why. */
export interface Step {
  readonly why: string
  readonly phase: Phase
  readonly verb: string
  readonly args: readonly string[]
  /** The text of a file, given to the function as its last argument. */
  readonly content?: string
}

export interface HostFile {
  /** Octal, as `stat -c %a`. */
  readonly mode: string
  /** Owner and group names, as `stat -c %U:%G`. */
  readonly owner: string
  readonly text: string
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Empty for a file that only root may write and everybody may read, as we make them; else what is odd, to stand behind its value. */
export const oddity = ({ mode, owner }: HostFile): string =>
  mode === '644' && owner === 'root:root' ? '' : ` (mode ${mode}, owner ${owner})`

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

export interface Unit {
  /** `systemctl show` properties by name. */
  readonly [property: string]: string
}

/** Everything of ours that is on one host, and what it depends on there, read in one go. */
export interface Snapshot {
  /** Contents by path: all our files (never a private key), sshd's and nftables' configuration. */
  readonly files: Readonly<Record<string, HostFile>>
  readonly accounts: Readonly<
    Record<string, { readonly shell: string; readonly comment: string; readonly uid: number }>
  >
  /** Public halves, "ssh-ed25519 AAAA...", by the private key's path; empty for a key that is no good. */
  readonly keys: Readonly<Record<string, string>>
  /** The host's own public keys, "ssh-ed25519 AAAA...". */
  readonly hostKeys: readonly string[]
  /** What `sshd -t` complains of; null when the configuration is valid. */
  readonly sshdError: string | null
  /** Effective values by user and lower-case keyword, as `sshd -T -C user=`; the user `*` stands for everybody. */
  readonly sshd: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** `nft -t -j list ruleset`; null without nft. */
  readonly nft: unknown
  /** Whether `nft` is all that filters; unknown where rules may stand that nft does not show. */
  readonly filter: 'known' | 'unknown'
  /** Why it is unknown, to stand in a message; null when known. */
  readonly filterReason: string | null
  /** Who owns the firewall's rules. */
  readonly firewallManager: 'firewalld' | 'ufw' | 'iptables' | 'nftables'
  /** By name, also loaded ones whose file is gone. */
  readonly units: Readonly<Record<string, Unit>>
  /** Names of units that start at boot, also where the file is gone. */
  readonly wantedUnits: readonly string[]
  readonly listeners: readonly Listener[]
  readonly addresses: readonly string[]
  /** Programs that the steps need and the host lacks. */
  readonly missing: readonly string[]
}

/**
 * One thing that we own on one host. `observe` says what the snapshot shows of it, null for nothing, and never throws for odd content.
 * `plan` gives the steps from have to want; none when they are the same; want null removes.
 */
export interface Part<State, At> {
  readonly kind: string
  observe(on: Snapshot, at: At): State | null
  plan(want: State | null, have: State | null, on: Snapshot, at: At): Step[]
}
