// Why a tunnel is not proved, as the hosts show it now: the first link of the chain that is missing.
import { sayJumps } from '../../schemas/jumps'
import { onlyWarns } from '../../schemas/probe'
import type { Tunnel } from '../../schemas/types'
import { checksOf } from '../look/checks'
import { findDoubts, type Look } from '../look/look'
import { type Check, firstFailure, inChainOrder, type Link } from '../parts/check'
import type { Listening } from '../wish/placed'
import { proofOf } from './answer'
import { judgeLinks } from './links'
import type { Checked, Silence } from './prove'

/** Each link behind the listener is asked anew, from its own host. */
export async function explain(seen: Look, { listening, place, answer, stopped }: Silence): Promise<Check> {
  const { host, endpoint } = listening
  if (stopped) {
    return {
      link: 'far answers',
      host: host.name,
      status: 'unknown',
      code: 'stopped',
      what: `stopped before far answered through ${endpoint}`,
    }
  }
  const links = place && answer ? await judgeLinks(listening, place, answer) : []
  const checks = inChainOrder([...checksOf(seen), ...links])
  const said = lastWords(seen)
  const first =
    firstFailure(checks) ??
    checks.find(({ link, status }) => status === 'fail' && isAtTheEnd.includes(link)) ??
    asNotListening(listening)
  const evidence = [first.evidence, ...findDoubts(seen), said].filter(Boolean).join('\n')
  const cure = first.link === 'listener bound' ? `${first.cure ?? ''}${sayWay(listening.of, said)}` : first.cure
  return { ...first, evidence: evidence || undefined, cure }
}

/** ssh's words for no connection at all, of a tunnel that does not go where we go. */
function sayWay({ client, server, jumps }: Tunnel, said: string): string {
  const isUnreached = /^ssh: (connect to host|Could not resolve)/m.test(said)
  return isUnreached && !jumps
    ? sayJumps(
        client.name,
        server.name,
        (server.via ?? []).map(({ name }) => name),
      )
    : ''
}

/** A tunnel that says so goes on without its proof, when all of ours stands; null for every other. */
export function goesUnproved({ listening: { of }, place, answer }: Silence, missing: Check): Checked | null {
  const isOurs = missing.status !== 'fail' || !behindListener.includes(missing.link)
  if (isOurs || !place || !answer || answer.answered || !onlyWarns(of)) return null
  const warning = [`${of.label}: ${missing.what}`, missing.evidence].filter(Boolean).join('\n')
  return { proof: proofOf(place, { ...answer, why: `${missing.what}: ${answer.why}` }), warning }
}

const behindListener: readonly Link[] = ['far reached', 'far answers', 'port reached']

/** Of what a deploy has just put right, only these say why far does not answer. */
const isAtTheEnd: readonly Link[] = ['listener bound', ...behindListener]

/** By now it does; when it was waited for it did not. */
const asNotListening = ({ host, endpoint }: Listening): Check => ({
  link: 'listener bound',
  host: host.name,
  status: 'fail',
  code: 'not-listening',
  what: `the tunnel did not listen on ${endpoint} in time`,
  cure: 'see what ssh says, and run the same again',
})

function lastWords({ derived, snapshotOf }: Look): string {
  return derived.placed
    .flatMap(one => {
      const said = one.kind === 'service' ? snapshotOf(one.host).journals[one.at.unit] : undefined
      return said ? [`ssh on ${one.host.name} says:\n${said}`] : []
    })
    .join('\n')
}
