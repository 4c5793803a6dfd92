// Beginning the ssh of a tunnel anew, because somebody asks for it.
import { isOurs } from '../../schemas/machine'
import { Fault } from '../fault'
import { checkCarried } from '../look/carried'
import { asFault } from '../look/checks'
import { findOtherOwner, isAbsent, lookAt, see } from '../look/look'
import { firstFailure } from '../parts/check'
import { startAnew } from '../parts/service'
import type { Declared } from '../wish/declared'
import { runSteps } from './batch'

type Tunnel = Extract<Declared, { type: 'tunnel' }>['input']

/** Resolves when it was begun, not when it listens. Throws a Fault. */
export async function restart(tunnel: Tunnel): Promise<void> {
  const look = see({ type: 'tunnel', input: tunnel }, await lookAt([{ type: 'tunnel', input: tunnel }]))
  for (const why of look.away.values()) throw why
  const { name, client } = tunnel
  const service = look.derived.placed.find(placed => placed.kind === 'service')
  if (service?.kind !== 'service' || isAbsent(look) || findOtherOwner(look, service) !== null) {
    const what = `there is no tunnel ${name} of ours on ${client.name} to begin anew`
    const cure = isOurs(client) ? 'apply makes it' : `its owner runs it, for ${client.name} is not ours`
    throw new Fault({ code: 'not-listening', host: client.name, what, cure })
  }
  // It would cut the way by which we have come.
  const carried = firstFailure(checkCarried(look, true))
  if (carried) throw asFault(carried)
  const steps = startAnew(service.at).map(step => ({ owner: name, step }))
  const { fault } = await runSteps(client, { steps, requests: { names: [name] } })
  if (fault) throw fault
}
