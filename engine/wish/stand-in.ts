// A tunnel or middle that would have all parts of a name on one host: what is left there of one that nobody declares any more. Pure.
import type { Host, Tunnel } from '../../schemas/types'
import { hostsOwn } from '../parts/mark'
import type { Declared } from './declared'

export function makeStandIn(name: string, owner: string, host: Host): Declared {
  if (name === hostsOwn) return { type: 'middle', input: { name: host.name, owner, host } }
  // Where it listens and leads does not count: parts are removed by their names.
  const nowhere = { forward: 'local', listen: '127.0.0.1:1', far: '127.0.0.1:1' } as const
  const tunnel: Tunnel = { name, owner, ...nowhere, client: host, server: host }
  return { type: 'tunnel', input: tunnel }
}
