// Who makes a host's firewall rules, as the rest of the house sees it. One file an implementation.
import type { Firewall } from '../../../schemas/types'
import type { Check } from '../check'
import type { Step } from '../part'
import type { Snapshot } from '../snapshot'
import type { Ask, FirewallAt } from './ask'

export interface Manager {
  readonly name: string
  /** What is let in for us, and whether that outlives a reload and a reboot; null where nothing of ours is there and something should be. */
  observe(on: Snapshot, at: FirewallAt): Firewall | null
  /** The steps from have to want, loaded and kept; want null removes. */
  plan(want: Firewall | null, have: Firewall | null, on: Snapshot, at: FirewallAt): Step[]
  /** The steps that bring back what this snapshot shows of ours, after whatever plan of ours has run. */
  inverse(on: Snapshot, at: FirewallAt): Step[]
  /** Of what is asked for some senders only: what nothing would keep the others from. */
  unenforced(on: Snapshot, asks: readonly Ask[]): Ask[]
  /** What keeps it from doing its work on this host. */
  checks(on: Snapshot, at: FirewallAt, host: string): Check[]
}
