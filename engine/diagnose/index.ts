// The doctor: of each tunnel the walk along its chain, from one read of each host, and what can only be asked over connections.
import { eachLogin, isOurs, loginId } from '../../schemas/machine'
import { isMeant, tunnelsOf } from '../../schemas/shared'
import type { Host } from '../../schemas/types'
import { type Owners, underStandingOwner } from '../compare/former-owner'
import { within } from '../host/within'
import { checksOf } from '../look/checks'
import { asStarted } from '../look/listeners'
import { isAbsent, type Look, questionsFor, see } from '../look/look'
import { mergeSeen, readInTime } from '../look/read-in-time'
import { type Check, inChainOrder, type Link, links } from '../parts/check'
import { diallingHost } from '../proof/dial'
import { askLinks, type Heard, tunnelOf } from '../proof/prove'
import { type Declared, hostsOf } from '../wish/declared'
import { allForwards, type Listening } from '../wish/placed'
import { type Between, makeBetween } from './between'
import { checkClock } from './clock'
import { greetUnasked } from './greet'
import { checkKeepalive } from './keepalive'
import { checkPorts } from './port'
import { checkSession, type Ends, endsOf, hasSession, lastWords, legsOf } from './session'
import { conclude, type Diagnosis, type Walked, walk } from './walk'

export { condense } from './condense'
export type { Diagnosis, Verdict, Walked } from './walk'
export { conclude, walk } from './walk'

/** What is being done, for who waits. */
export type Say = (what: string) => void

/** Milliseconds that a host may take to be read, and then each link that is asked over connections; sshds are asked few at a time (proof/pace.ts). */
const usual = { host: 60_000, link: 180_000 }

interface Asking extends Between {
  readonly ms: number
}

interface Whose extends Owners {
  /** Of tunnels that share a connection only these; none for all. */
  readonly named?: readonly string[]
}

/** Of tunnels alone, one each, also of those that share a connection. Never throws: a host that is away costs its own tunnels, and they say so. Changes nothing. */
export async function diagnose(
  all: readonly Declared[],
  { named = [], ...owners }: Whose,
  say: Say,
  patience = usual,
): Promise<Diagnosis[]> {
  const hosts = eachLogin(all.flatMap(hostsOf))
  say(`reading ${hosts.map(({ name }) => name).join(', ')}`)
  const names = (host: Host) =>
    all.filter(one => hostsOf(one).some(other => loginId(other) === loginId(host))).map(({ input }) => input.name)
  const requestsFor = (host: Host) => ({ names: names(host), questions: questionsFor(host, all), health: true })
  const read = mergeSeen(await Promise.all(hosts.map(host => readInTime(host, requestsFor, patience.host))))
  const seen = await greetUnasked(hosts, read, patience.host)
  const asking: Asking = { ...makeBetween(), ms: patience.link }
  const each = all.flatMap(declared => {
    const look = asStarted(see(underStandingOwner(declared, owners, seen), seen))
    const fixed = checksOf(look)
    return namesWithin(declared, named).map(name => ({ look, fixed, name }))
  })
  let done = 0
  return Promise.all(
    each.map(async ({ look, fixed, name }) => {
      const diagnosis = await diagnoseOne(narrowed(look, name), fixed, name, asking)
      say(`${name}: ${diagnosis.verdict} (${++done} of ${each.length})`)
      return diagnosis
    }),
  )
}

function namesWithin(declared: Declared, named: readonly string[]): string[] {
  if (declared.type !== 'tunnel') return [declared.input.name]
  const { name } = declared.input
  return tunnelsOf(declared.input).filter(one => named.length === 0 || named.includes(one) || named.includes(name))
}

/** The tunnel with its own listeners alone. */
function narrowed(look: Look, name: string): Look {
  const { listening, unchosen } = look.derived
  const own = (all: readonly Listening[]) => all.filter(({ of }) => isMeant(of, [name]))
  return { ...look, derived: { ...look.derived, listening: own(listening), unchosen: unchosen && own(unchosen) } }
}

/** What is well of others that share the connection is not told; what is not keeps this one down too. */
function ownOf(look: Look, whole: readonly Check[]): readonly Check[] {
  if (!tunnelOf(look).shared) return whole
  const own = new Set(checksOf(look).map(({ what }) => what))
  return whole.filter(({ status, what }) => status !== 'ok' || own.has(what))
}

async function diagnoseOne(look: Look, whole: readonly Check[], name: string, asking: Asking): Promise<Diagnosis> {
  const { client, server, jumps } = tunnelOf(look)
  const ways = { listen: endsIn(look, 'listen'), far: endsIn(look, 'far') }
  const over = jumps && { jumps: jumps.map(jump => jump.name) }
  const chain = { client: client.name, ...over, server: server.name, ...ways }
  const hosts = hostsOf(look.declared).filter(host => !look.away.has(loginId(host)))
  const [ends, legs] = [endsOf(look), legsOf(look)]
  const fixed = [
    ...(look.away.size === 0 && isAbsent(look) ? [absent(look)] : []),
    // Of a server that was not read nobody knows the key.
    ...ownOf(look, whole).filter(({ code }) => code !== 'no-host-key' || look.away.size === 0),
    ...hosts.flatMap(host => checkClock(host, look.snapshotOf(host))),
    ...checkPorts(look),
  ]
  const goesOn = !endsBefore('server reached', fixed)
  const between = !goesOn
    ? []
    : ends
      ? (await Promise.all([askBetween(look, legs, asking), askToFar(look, asking)])).flat()
      : await askTheirServer(look, asking)
  const own = ends ? [...checkKeepalive(ends), ...legs.flatMap(checkSession)] : []
  const known = withWords([...fixed, ...between, ...own], ends)
  const asked = endsBefore('far reached', known) ? null : await within(asking.ms, askLinks(look), () => undefined)
  const heard = asked ?? []
  const ofFar = asked === undefined ? [late('far answers', hosts[0])] : heard.flatMap(({ checks }) => checks)
  const checks = inChainOrder([...known.filter(check => !isDisproved(check, heard)), ...ofFar])
  const labels = allForwards(look.derived)[0]?.of.labels
  return { ...conclude(name, chain, [...walk(checks), ...rest(look, checks)]), ...(labels && { labels }) }
}

const late = (link: Link, host: Host | undefined): Check => ({
  link,
  host: host?.name ?? '',
  status: 'unknown',
  what: `${link === 'far answers' ? 'far' : `the way from ${host?.name}`} was not asked in time`,
  cure: 'ask again, for fewer tunnels at a time',
})

/** Whether the walk ends before it comes to that link. */
const endsBefore = (link: Link, checks: readonly Check[]): boolean =>
  checks.some(one => one.status === 'fail' && !one.goesOn && links.indexOf(one.link) < links.indexOf(link))

function absent(look: Look): Check {
  const { name } = tunnelOf(look)
  const [host] = hostsOf(look.declared)
  const what = `nothing of the tunnel ${name} is on its hosts`
  return {
    link: 'name free',
    host: host?.name ?? '',
    status: 'fail',
    code: 'not-converged',
    what,
    cure: 'deploy',
    mends: true,
  }
}

/** Leg by leg: behind one that is closed nobody asks. */
async function askBetween(look: Look, legs: readonly Ends[], asking: Asking): Promise<Check[]> {
  const [first, ...later] = legs
  if (!first) return []
  const found = await askLeg(look, first, asking)
  const isClosed = found.some(({ link, status }) => link === 'server reached' && status !== 'ok')
  return isClosed ? found : [...found, ...(await askBetween(look, later, asking))]
}

async function askLeg(look: Look, ends: Ends, asking: Asking): Promise<Check[]> {
  const { client, server } = ends
  if (ends.onClient.machine !== null && ends.onClient.machine === ends.onServer.machine) return []
  if (loginId(client) === loginId(server)) return []
  const { jumps } = tunnelOf(look)
  const goesOver = jumps ? [] : (server.via ?? []).map(({ name }) => name)
  const way = { client, server, address: server.address ?? '127.0.0.1', port: server.port ?? 22, goesOver }
  const reached = hasSession(ends)
    ? null
    : await within(asking.ms, asking.server(way), () => late('server reached', client))
  if (reached?.status === 'fail' || look.away.size > 0) return reached ? [reached] : []
  const large = await within(asking.ms, asking.large(way), () => late('large packets', client))
  return [reached, large].flatMap(check => check ?? [])
}

/** From the client, where others run the server. */
async function askTheirServer(look: Look, asking: Asking): Promise<Check[]> {
  const { client, server } = tunnelOf(look)
  if (isOurs(server) || look.away.size > 0) return []
  const way = { client, server, address: server.address ?? '127.0.0.1', port: server.port ?? 22 }
  return [await within(asking.ms, asking.server(way), () => late('server reached', client))]
}

/** Of a far whom nobody was told to ask nothing is asked. */
async function askToFar(look: Look, asking: Asking): Promise<Check[]> {
  if (look.derived.disabled) return []
  const found = look.derived.listening.map(({ of: single }) =>
    within(asking.ms, asking.far(single), () => late('large packets', diallingHost(single))),
  )
  return (await Promise.all(found)).flatMap(check => check ?? [])
}

/** What ssh itself says stands with what it is about. */
function withWords(checks: readonly Check[], ends: Ends | null): Check[] {
  const said = ends ? lastWords(ends) : undefined
  const about: readonly Link[] = ['service runs', 'listener bound']
  return checks.map(check =>
    said && check.status !== 'ok' && about.includes(check.link)
      ? { ...check, evidence: [check.evidence, said].filter(Boolean).join('\n') }
      : check,
  )
}

/** What nobody can tell beforehand the answer of far has told: it has come in. */
const isDisproved = ({ status, code, link }: Check, heard: readonly Heard[]): boolean =>
  status === 'unknown' &&
  heard.length > 0 &&
  heard.every(({ answer }) => answer.answered) &&
  (((code === 'firewall-unknown' || link === 'listener bound') && heard.every(({ place }) => place.pastFirewall)) ||
    code === 'sshd-unknown')

/** Those of all forwards, for people. */
const endsIn = (look: Look, end: 'listen' | 'far'): string =>
  allForwards(look.derived)
    .map(({ of }) => of[end])
    .join(', ')

/** What the walk has not come to, in a line each. */
function rest(look: Look, checks: readonly Check[]): Walked[] {
  const far = endsIn(look, 'far')
  const has = (link: Link) => checks.some(one => one.link === link)
  const [listening] = allForwards(look.derived)
  const host = listening?.host.name ?? ''
  const lines: readonly (readonly [Link, string])[] = [
    ['session lives', 'the connection between client and server'],
    ['listener bound', 'the listener'],
    ['firewall lets it', 'the firewall'],
    ['far answers', `far (${far})`],
  ]
  return lines
    .filter(([link]) => !has(link) && !(link === 'firewall lets it' && look.away.size === 0))
    .filter(([link]) => link === 'far answers' || look.away.size > 0)
    .map(([link, what]) => ({ link, host, status: 'not judged', what }))
}
