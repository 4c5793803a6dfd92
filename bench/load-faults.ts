// What befalls many tunnels at once: each kind in turn, in an order and of lengths that a seed decides.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Lab } from '../lab'

export interface LoadFault {
  readonly kind: string
  /** Resolves when the fault itself is over. */
  readonly strike: (lab: Lab) => Promise<unknown>
}

/** From 0 to 1, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

type Kind = (units: readonly string[], random: () => number) => (lab: Lab) => Promise<unknown>

const kill = (units: readonly string[]) => (lab: Lab) =>
  lab.hosts.near.sh(`systemctl kill --signal=SIGKILL ${units.join(' ')}`)
/** 5 s to 20 s: shorter than what serverAlive allows for. */
const length = (random: () => number) => 5_000 + Math.round(random() * 15_000)

const kinds: Readonly<Record<string, Kind>> = {
  '`kill -9` of the ssh of a tenth': (units, random) => kill(units.filter(() => random() < 0.1).concat(units[0] ?? [])),
  '`kill -9` of every ssh': kill,
  "near's line cut for 5 s to 20 s": (_units, random) => async lab => {
    await lab.cutLink('near')
    await sleep(length(random))
    await lab.healLink('near')
  },
  '30 % loss for 5 s to 20 s': (_units, random) => async lab => {
    await lab.shape('near', { lossPercent: 30 })
    await sleep(length(random))
    await lab.unshape('near')
  },
  "middle's sshd restarted": () => lab => lab.hosts.middle.sh('systemctl restart ssh'),
  "far's service restarted": () => lab => lab.hosts.far.sh('systemctl restart web'),
  'near rebooted': () => lab => lab.hosts.near.reboot(),
  'middle rebooted': () => lab => lab.hosts.middle.reboot(),
}
export const kindsOfFault = Object.keys(kinds)

/** Endless: all kinds in some order, then all in another. */
export function* faultsFrom(seed: number, units: readonly string[]): Generator<LoadFault, never> {
  const random = randomFrom(seed)
  for (;;) {
    const left = Object.entries(kinds)
    while (left.length > 0) {
      for (const [kind, of] of left.splice(Math.floor(random() * left.length), 1)) {
        yield { kind, strike: of(units, random) }
      }
    }
  }
}
