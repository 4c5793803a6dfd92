// The doctor: of each tunnel the walk along its chain, from one read of each host, and what can only be asked over connections.
import { eachLogin, loginId } from '../../schemas/machine'
import type { Host } from '../../schemas/types'
import { type Owners, underStandingOwner } from '../compare/former-owner'
import { checksOf } from '../look/checks'
import { isAbsent, type Look, questionsFor, readHosts, see } from '../look/look'
import { type Check, inChainOrder, type Link, links } from '../parts/check'
import { askLinks, tunnelOf } from '../proof/prove'
import { type Declared, hostsOf } from '../wish/declared'
import { askLarge, askServer, type Way } from './between'
import { checkClock } from './clock'
import { checkKeepalive, checkSession, type Ends, endsOf, hasSession, lastWords } from './session'
import { conclude, type Diagnosis, type Walked, walk } from './walk'

export { condense } from './condense'
export type { Diagnosis, Verdict, Walked } from './walk'
export { conclude, walk } from './walk'

/** What is being done, for who waits. */
export type Say = (what: string) => void

/** Of tunnels alone. Never throws: a host that is away costs its own tunnels, and they say so. Changes nothing. */
export async function diagnose(all: readonly Declared[], owners: Owners, say: Say): Promise<Diagnosis[]> {
  const hosts = eachLogin(all.flatMap(hostsOf))
  say(`reading ${hosts.map(({ name }) => name).join(', ')}`)
  const names = (host: Host) =>
    all.filter(one => hostsOf(one).some(other => loginId(other) === loginId(host))).map(({ input }) => input.name)
  const seen = await readHosts(hosts, host => ({
    names: names(host),
    questions: questionsFor(host, all),
    health: true,
  }))
  const pairs = new Map<string, Promise<Check | null>>()
  const askOnce = (way: Way) => {
    const id = [loginId(way.client), loginId(way.server), way.address, way.port].join(' ')
    const asking = pairs.get(id) ?? askLarge(way)
    pairs.set(id, asking)
    return asking
  }
  let done = 0
  return Promise.all(
    all.map(async declared => {
      const diagnosis = await diagnoseOne(see(underStandingOwner(declared, owners, seen), seen), askOnce)
      say(`${declared.input.name}: ${diagnosis.verdict} (${++done} of ${all.length})`)
      return diagnosis
    }),
  )
}

async function diagnoseOne(look: Look, askOnce: (way: Way) => Promise<Check | null>): Promise<Diagnosis> {
  const { name, client, server, listen, far } = tunnelOf(look)
  const chain = { client: client.name, server: server.name, listen, far }
  const hosts = hostsOf(look.declared).filter(host => !look.away.has(loginId(host)))
  const ends = endsOf(look)
  const fixed = [
    ...(look.away.size === 0 && isAbsent(look) ? [absent(look)] : []),
    // Of a server that was not read nobody knows the key.
    ...checksOf(look).filter(({ code }) => code !== 'no-host-key' || look.away.size === 0),
    ...hosts.flatMap(host => checkClock(host, look.snapshotOf(host))),
  ]
  const between = ends && !endsBefore('server reached', fixed) ? await askBetween(look, ends, askOnce) : []
  const own = ends ? [...checkKeepalive(ends), ...checkSession(ends)] : []
  const known = withWords([...fixed, ...between, ...own], ends)
  const proof = endsBefore('far reached', known) ? null : await askLinks(look)
  const checks = inChainOrder([...known.filter(check => !isDisproved(check, proof)), ...(proof?.checks ?? [])])
  return conclude(name, chain, [...walk(checks), ...rest(look, checks)])
}

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

async function askBetween(look: Look, ends: Ends, askOnce: (way: Way) => Promise<Check | null>): Promise<Check[]> {
  const { client, server } = ends
  if (ends.onClient.machine !== null && ends.onClient.machine === ends.onServer.machine) return []
  if (loginId(client) === loginId(server)) return []
  const way = { client, server, address: server.address ?? '127.0.0.1', port: server.port ?? 22 }
  const reached = hasSession(ends) ? null : await askServer(way)
  if (reached?.status === 'fail' || look.away.size > 0) return reached ? [reached] : []
  const large = await askOnce(way)
  return [reached, large].flatMap(check => check ?? [])
}

/** What ssh itself says stands with what it is about. */
function withWords(checks: readonly Check[], ends: Ends | null): Check[] {
  const said = ends ? lastWords(ends) : undefined
  const about: readonly Link[] = ['service runs', 'listener bound']
  return checks.map(check =>
    said && check.status === 'fail' && about.includes(check.link)
      ? { ...check, evidence: [check.evidence, said].filter(Boolean).join('\n') }
      : check,
  )
}

/** What nobody can tell beforehand the answer of far has told: it has come in. */
const isDisproved = ({ status, code }: Check, proof: Awaited<ReturnType<typeof askLinks>>): boolean =>
  status === 'unknown' &&
  proof?.answer.answered === true &&
  ((code === 'firewall-unknown' && proof.place.pastFirewall) || code === 'sshd-unknown')

/** What the walk has not come to, in a line each. */
function rest(look: Look, checks: readonly Check[]): Walked[] {
  const { far } = tunnelOf(look)
  const has = (link: Link) => checks.some(one => one.link === link)
  const [listening] = look.derived.listening
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
