// A tunnel of one forward, as the rooms see it that know one forward alone.
import { type Single, singlesOf } from '../schemas/forward'
import type { Tunnel } from '../schemas/types'

export function asSingle(tunnel: Tunnel): Single {
  const [single] = singlesOf(tunnel)
  if (!single) throw new Error(`${tunnel.name} has no forward`)
  return single
}
