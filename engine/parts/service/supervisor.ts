// What keeps ssh running on a client, as the rest of the house sees it. One file an implementation.
import type { Service } from '../../../schemas/types'
import type { Step } from '../part'
import type { Snapshot, SupervisorName } from '../snapshot'

export interface ServiceAt {
  /** tunnel-NAME.service, also where something else than systemd keeps it. */
  readonly unit: string
  readonly owner: string
  /** What keeps it; systemd until somebody has looked. */
  readonly supervisor?: SupervisorName
  /** What the unit file, or the script, should say. */
  readonly text: string
  /** Put and never started: whether it runs is for who does that by hand. */
  readonly disabled?: true
  /** Its server is not ours and may refuse it for a while: as long as it is tried again and again, it counts as active. */
  readonly hangsOnOthers?: true
}

export interface Supervisor {
  readonly name: SupervisorName
  /** In messages. */
  readonly title: string
  /** Programs that its steps call, or what it runs. */
  readonly needs: readonly string[]
  /** What one calls the service there. */
  calls(unit: string): string
  /** Where its text stands. */
  path(unit: string): string
  /** As one types it on the host; `logs` shows what ssh says. */
  by(verb: 'start' | 'stop' | 'logs', unit: string): string
  observe(on: Snapshot, at: ServiceAt): Service | null
  /** The steps from have to want: put, started now and at boot; want null stops and removes. */
  plan(want: Service | null, have: Service | null, on: Snapshot, at: ServiceAt): Step[]
  /** Files of others that change what the unit says. */
  others(on: Snapshot, at: ServiceAt): readonly string[]
  /** ssh is ended, if it runs, and begun anew. */
  startAnew(at: ServiceAt): Step[]
}
