// Reading one host for no longer than a while: one that hangs costs its own tunnels, and nobody else's time.
import { loginId } from '../../schemas/machine'
import type { Host } from '../../schemas/types'
import { Fault } from '../fault'
import { within } from '../host/within'
import { readHosts, type Seen } from './look'
import type { Requests } from './requests'

export { within }

/** Never rejects: after so many milliseconds the host is away. */
export const readInTime = (host: Host, requestsFor: (host: Host) => Requests, ms: number): Promise<Seen> =>
  within(ms, readHosts([host], requestsFor), () => ({
    snapshots: new Map(),
    away: new Map([[loginId(host), tooLate(host, ms)]]),
  }))

const tooLate = ({ name }: Host, ms: number): Fault =>
  new Fault({
    code: 'took-too-long',
    host: name,
    what: `${name} was not read within ${ms / 1000} s`,
    cure: `see what hangs on ${name}`,
  })

export const mergeSeen = (all: readonly Seen[]): Seen => ({
  snapshots: new Map(all.flatMap(({ snapshots }) => [...snapshots])),
  away: new Map(all.flatMap(({ away }) => [...away])),
})
