// Reaching a machine: over SSH or, for this machine, directly.
import type { Host } from '../../schemas/types'
import { keepPasswords } from './become-password'
import { reachOverSsh } from './chain'
import { type Links, makeLinks } from './links'
import { reachLocal } from './local'
import type { Reach, ReachOptions } from './reach'

export type { Ran, Reach, ReachOptions } from './reach'

const timeoutOf = ({ timeoutMs = 15_000 }: ReachOptions): number => timeoutMs
const environmentOf = ({ environment = process.env }: ReachOptions): NodeJS.ProcessEnv => environment

/** For hosts that are reached with the same options, and may have jump hosts in common. */
export const linksFor = (options: ReachOptions): Links => makeLinks(timeoutOf(options), environmentOf(options))

/** Connects and logs in. Rejects with a fault. */
export function reach(host: Host, options: ReachOptions = {}, links: Links = linksFor(options)): Promise<Reach> {
  keepPasswords([host])
  return host.local
    ? Promise.resolve(reachLocal(host, timeoutOf(options), environmentOf(options)))
    : reachOverSsh(host, links, timeoutOf(options), environmentOf(options))
}
