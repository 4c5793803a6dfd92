// What keeps ssh running on a client, as the rest of the house sees it. One file an implementation.
import type { Service } from '../../../schemas/types'
import type { Step } from '../part'
import type { Snapshot } from '../snapshot'

export interface ServiceAt {
  readonly unit: string
  readonly owner: string
  /** What the unit file should say. */
  readonly text: string
  /** Put and never started: whether it runs is for who does that by hand. */
  readonly disabled?: true
}

export interface Supervisor {
  readonly name: string
  /** Programs that its steps call. */
  readonly needs: readonly string[]
  observe(on: Snapshot, at: ServiceAt): Service | null
  /** The steps from have to want: put, started now and at boot; want null stops and removes. */
  plan(want: Service | null, have: Service | null, on: Snapshot, at: ServiceAt): Step[]
  /** Files of others that change what the unit says. */
  others(on: Snapshot, at: ServiceAt): readonly string[]
  /** ssh is ended, if it runs, and begun anew. */
  startAnew(at: ServiceAt): Step[]
}
