// Whether far answers behind somebody's tunnel.
import { listeningHost } from '../../../schemas/check-listen'
import { loginId } from '../../../schemas/machine'
import type { Host } from '../../../schemas/types'
import type { Look } from '../../look/look'
import { type Check, ok } from '../../parts/check'
import { diallingHost } from '../../proof/dial'
import { pacedFor } from '../../proof/pace'
import { askDirectly } from '../../proof/probe'
import { askLinks } from '../../proof/prove'
import type { Foreign } from './given'

/** Through the listener where one is; else far from the host that would dial it. */
export async function askFar(foreign: Foreign, look: Look): Promise<readonly Check[]> {
  const { tunnel, running } = foreign
  const isAway = (host: Host) => look.away.has(loginId(host))
  if (running && running.bound !== false && !isAway(listeningHost(tunnel)))
    return (await askLinks(look)).flatMap(({ checks }) => checks)
  const dialler = diallingHost(tunnel)
  const link = { link: 'far reached', host: dialler.name } as const
  if (isAway(dialler))
    return [{ ...link, status: 'unknown', what: `whether ${dialler.name} reaches far (${tunnel.far}) is not known` }]
  const direct = await pacedFor(tunnel, () => askDirectly(tunnel))
  if (direct.answered) return [ok(link, `far (${tunnel.far}) answers ${dialler.name}: ${direct.said}`)]
  const status = direct.answered === null ? 'unknown' : 'fail'
  const cure = `see that the service runs, and that ${dialler.name} reaches it`
  return [
    {
      ...link,
      status,
      code: 'far-silent',
      what: `far (${tunnel.far}) does not answer ${dialler.name}`,
      evidence: direct.why,
      cure,
    },
  ]
}
