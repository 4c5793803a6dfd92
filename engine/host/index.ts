// Reaching a machine: over SSH or, for this machine, directly.
import type { Host } from '../../schemas/types'
import { reachOverSsh } from './chain'
import { reachLocal } from './local'
import type { Reach, ReachOptions } from './reach'

export type { Ran, Reach, ReachOptions } from './reach'

/** Connects and logs in. Rejects with a fault. */
export function reach(host: Host, options: ReachOptions = {}): Promise<Reach> {
  const timeoutMs = options.timeoutMs ?? 15_000
  const environment = options.environment ?? process.env
  return host.local
    ? Promise.resolve(reachLocal(host, timeoutMs, environment))
    : reachOverSsh(host, timeoutMs, environment)
}
