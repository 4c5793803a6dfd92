// Beginning the ssh of a tunnel anew, because somebody asks for it; and what it has said.
import { Fault } from '../fault'
import { checkCarried } from '../look/carried'
import { asFault } from '../look/checks'
import { findOtherOwner, isAbsent, lookAt, see } from '../look/look'
import { readHost } from '../look/snapshot'
import { firstFailure } from '../parts/check'
import { unitOf } from '../parts/paths'
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
    throw new Fault({ code: 'not-listening', host: client.name, what, cure: 'apply makes it' })
  }
  // It would cut the way by which we have come.
  const carried = firstFailure(checkCarried(look, true))
  if (carried) throw asFault(carried)
  const steps = startAnew(look.snapshotOf(client), service.at).map(step => ({ owner: name, step }))
  const { fault } = await runSteps(client, { steps, requests: { names: [name] } })
  if (fault) throw fault
}

/** The last lines that its ssh has said, and systemd of it. Throws a Fault. */
export async function readLog({ name, client }: Tunnel): Promise<readonly string[]> {
  const unit = unitOf(name)
  const { journals } = await readHost(client, { names: [name], journals: [unit] })
  return (journals[unit] ?? '').split('\n').filter(Boolean)
}
