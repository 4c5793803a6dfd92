// Who makes a host's firewall rules, as the rest of the house sees it. One file an implementation.
import type { Check } from '../check'
import type { Line } from '../explained'
import type { Step } from '../part'
import type { Snapshot } from '../snapshot'
import type { FirewallAt } from './ask'
import type { Opening } from './opening'
import type { Chain, Ruleset } from './ruleset'

/** An opening, and the chain at hook input that it is for. */
export interface Placed {
  readonly chain: Chain
  readonly opening: Opening
}

/** A rule of ours as it is there; null for one of another form than those that we make. */
export interface Loaded {
  readonly chain: Chain
  readonly opening: Opening | null
}

/** What a program's own file says, of whom and of what. */
export interface Kept {
  readonly tag: string
  readonly opening: Opening
}

/** The steps are those of one tunnel's rules: all of them go, and all that are wanted come. */
export interface Manager {
  readonly name: string
  /** Whether it makes the rules of a chain at hook input. */
  owns(chain: Chain, ruleset: Ruleset): boolean
  /** The chain where an opening of its goes before everything else, where that is another. */
  headOf?(chain: Chain): Chain
  /** Those that nobody has made already in the very same words; without it all of them. */
  needed?(on: Snapshot, placed: readonly Placed[]): readonly Placed[]
  loaded(on: Snapshot, at: FirewallAt): Loaded[]
  /** Whether something of ours is there beside openings. */
  stands?(on: Snapshot, at: FirewallAt): boolean
  /** Brings back what is there now, where that is more than openings. */
  openAgain?(on: Snapshot, at: FirewallAt): Step[]
  /** Whether anything of ours would come back by itself. */
  hasKept(on: Snapshot, at: FirewallAt): boolean
  /** Whether just these come back after a reload and a reboot; null where it is all there, and nobody knows who loads it. */
  keeps(on: Snapshot, at: FirewallAt, placed: readonly Placed[]): boolean | null
  close(at: FirewallAt): Step[]
  open(at: FirewallAt, placed: readonly Placed[]): Step[]
  keep(on: Snapshot, at: FirewallAt, placed: readonly Placed[]): Step[]
  forget(on: Snapshot, at: FirewallAt): Step[]
  /** Brings back what was kept; what was loaded is opened as it was. */
  keepAgain(on: Snapshot, at: FirewallAt): Step[]
  /** What keeps it from opening these on this host for good. */
  checks(on: Snapshot, at: FirewallAt, placed: readonly Placed[], host: string): Check[]
  /** What it would be told, wherever that is, with its reasons. */
  explain(at: FirewallAt, openings: readonly Opening[]): Line[]
}
