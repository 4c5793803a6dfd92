// Hosts that were not asked for want of a key: met as far as one comes without, so that what is wrong before the login is named first.
import { loginId } from '../../schemas/machine'
import type { Host } from '../../schemas/types'
import { Fault } from '../fault'
import { meet } from '../host/meet'
import { within } from '../host/within'
import { isOfHereAlone, linkOfFault } from '../look/checks'
import type { Seen } from '../look/look'
import { links } from '../parts/check'

/** Never rejects; after so many milliseconds a host counts as not asked. */
export async function greetUnasked(hosts: readonly Host[], seen: Seen, ms: number): Promise<Seen> {
  const away = new Map(seen.away)
  const greeted = new Set<string>()
  await Promise.all(
    hosts.map(async host => {
      const id = loginId(host)
      const why = away.get(id)
      if (!(why instanceof Fault) || why.host !== host.name || !isOfHereAlone(why)) return
      const found = await within(
        ms,
        meet(host).catch((other: unknown) => other),
        () => false,
      )
      if (found === true) greeted.add(id)
      if (found instanceof Fault && links.indexOf(linkOfFault(found)) < links.indexOf(linkOfFault(why)))
        away.set(id, found)
    }),
  )
  return { ...seen, away, greeted }
}
