// The doctor for a tunnel that somebody else made, or would make: what can be known of it along the chain, and what nobody can tell.
import { addressesOf } from '../../schemas/check-host'
import { listeningHost } from '../../schemas/check-listen'
import { isAddress, isLoopback, isWildcard, parseEndpoint, sameHost } from '../../schemas/endpoint'
import { forwardsOf } from '../../schemas/forward'
import { isOneMachine, loginId } from '../../schemas/machine'
import type { Host, Tunnel } from '../../schemas/types'
import { checksOf, wayIn } from '../look/checks'
import { type Look, readHosts, see } from '../look/look'
import { type Check, inChainOrder, type Link, ok } from '../parts/check'
import { findWinner } from '../parts/sshd-config'
import { diallingHost } from '../proof/dial'
import { pacedFor } from '../proof/pace'
import { askDirectly } from '../proof/probe'
import { askLinks } from '../proof/prove'
import { askServer } from './between'
import { checkPrivileged } from './port'
import { conclude, type Diagnosis, type Walked, walk } from './walk'

export interface Foreign {
  /** As a spec would have it; its server's user is the login of the line. */
  readonly tunnel: Tunnel
  /** Who runs it on the client. */
  readonly runBy: string
  /** The line, for people. */
  readonly command: string
  /** ServerAliveInterval in seconds; null or 0 for none. */
  readonly keepalive: number | null
  /** The process that runs it; null where none does; undefined where nobody could look. */
  readonly running: { readonly pid: number; readonly bound: boolean | null } | null | undefined
}

/** Never throws. Changes nothing. */
export async function diagnoseForeign(foreign: Foreign, say: (what: string) => void): Promise<Diagnosis> {
  const { tunnel } = foreign
  const { client, server, listen, far, name } = tunnel
  const together = isOneMachine(client, server)
  const hosts = together ? [client] : [client, server]
  say(`reading ${hosts.map(one => one.name).join(', ')}`)
  const user = server.user ?? 'root'
  const [from = '127.0.0.1'] = together ? ['127.0.0.1'] : (addressesOf(client) ?? [])
  const to = server.address && isAddress(server.address) ? server.address : '127.0.0.1'
  const seen = await readHosts(hosts, host => ({
    names: [],
    questions: loginId(host) === loginId(together ? client : server) ? [['look_sshd_for', user, from, to]] : [],
    health: true,
  }))
  const look = see({ type: 'tunnel', input: { ...tunnel, owner: 'nobody' } }, seen)
  const before = [
    ...checksOf(look).flatMap(check => asForeign(check, foreign, look)),
    ...(look.away.has(loginId(client)) || together ? [] : await reachedFrom(client, server)),
    ...listener(foreign, look),
    ...sshdLets(foreign, look),
    ...keepalive(foreign, look),
  ]
  const stops = before.some(one => one.status === 'fail' && !one.goesOn && one.link !== 'firewall lets it')
  say(`asking for ${far}`)
  const after = stops ? [] : await askFar(foreign, look)
  const checks = inChainOrder([...before, ...after])
  const chain = { client: client.name, server: server.name, listen, far }
  return conclude(name, chain, [...walk(checks), ...rest(foreign, checks)])
}

/** Of what is known of our own tunnels what holds for any. */
function asForeign(check: Check, { tunnel, running }: Foreign, look: Look): Check[] {
  const { client, server } = tunnel
  // How our own client would pin the key is not theirs.
  if (check.code === 'no-host-key') return []
  const isWay = (wayIn as readonly Link[]).includes(check.link)
  if (isWay && check.host === server.name && !isOneMachine(client, server)) {
    // That we cannot log in says nothing of who runs it: he may have other keys.
    if (check.status === 'fail' && ['login', 'root'].includes(check.link)) {
      const cure = `log in to ${server.name} yourself: -i names a key, and the line's user has to be root or to have sudo`
      return [{ ...check, status: 'unknown', what: `${check.what}, so what is on ${server.name} is not judged`, cure }]
    }
    return [check]
  }
  if (isWay) return [check]
  if (check.link === 'sshd valid') return [check]
  if (check.link === 'port free') {
    const isTaken = check.code === 'port-taken'
    return isTaken && running ? [] : [check]
  }
  if (check.link === 'firewall lets it' && check.host === listeningHost(tunnel).name) {
    const { mends: _, ...rest } = check
    // A rule of ours is missing, and nothing closes the port: somebody else's lets it in.
    if (rest.code === 'far-silent' && !rest.evidence)
      return [ok({ link: rest.link, host: rest.host }, `nothing in the firewall of ${rest.host} closes it`)]
    const how = rest.evidence ? 'let that rule accept it, or put one before it' : 'open it there'
    return check.status === 'fail'
      ? [{ ...rest, cure: `${how}; ssh-tunnels adopt and apply do that, and keep it` }]
      : [rest]
  }
  return look.away.size > 0 && check.status === 'unknown' ? [check] : []
}

async function reachedFrom(client: Host, server: Host): Promise<Check[]> {
  if ((server.via ?? []).length > 0) return []
  const way = { client, server, address: server.address ?? '127.0.0.1', port: server.port ?? 22 }
  const reached = await askServer(way)
  return reached ? [reached] : []
}

function listener({ tunnel, running, runBy, command }: Foreign, look: Look): Check[] {
  const host = listeningHost(tunnel)
  const [forward] = forwardsOf(tunnel)
  const port = forward?.listen.kind === 'tcp' ? forward.listen.port : Number.POSITIVE_INFINITY
  const isRemote = tunnel.forward === 'remote'
  const user = isRemote ? (tunnel.server.user ?? 'root') : runBy
  const asked = { link: 'listener bound', host: host.name } as const
  if (running?.bound) return [ok(asked, `ssh (pid ${running.pid}) listens on ${tunnel.listen}`)]
  const evidence = isRemote ? 'sshd binds it as the user who has logged in' : 'ssh binds it as the user who runs it'
  const on = look.away.has(loginId(host)) ? null : look.snapshotOf(host)
  const privileged = checkPrivileged({ host: host.name, port, user, evidence }, on)
  if (running === undefined)
    return [
      ...privileged,
      { ...asked, status: 'unknown', what: `nobody can tell whether it runs on ${tunnel.client.name}` },
    ]
  if (running === null)
    return [
      ...privileged,
      {
        ...asked,
        status: 'unknown',
        what: `it does not run on ${tunnel.client.name} now`,
        cure: `start it there: ${command}`,
      },
    ]
  if (running.bound === null) return privileged
  const what = `ssh (pid ${running.pid}) runs, and does not listen on ${tunnel.listen}`
  const cure = 'give it -o ExitOnForwardFailure=yes, start it again, and read what it says'
  return [...privileged, { ...asked, status: 'fail', code: 'not-listening', what, cure }]
}

/** sshd's effective values for the user of the line. */
function sshdLets({ tunnel }: Foreign, look: Look): Check[] {
  const { server, forward, far, listen } = tunnel
  const user = server.user ?? 'root'
  const asked = { link: 'sshd lets it', host: server.name } as const
  if (look.away.has(loginId(server)) || look.away.size > 0)
    return [{ ...asked, status: 'unknown', what: `what sshd on ${server.name} lets ${user} do is not known` }]
  const on = look.snapshotOf(isOneMachine(tunnel.client, server) ? tunnel.client : server)
  const values = on.sshd[user]
  if (!values?.allowtcpforwarding)
    return [{ ...asked, status: 'unknown', what: `sshd on ${server.name} does not tell what ${user} may do` }]
  const failed = (keyword: string, what: string, cure: string): Check => {
    const value = values[keyword.toLowerCase()] ?? ''
    const place = findWinner(on, keyword, value)
    const evidence = `${keyword} is ${value} for ${user}${place ? `: ${place}` : ", sshd's default"}`
    return { ...asked, status: 'fail', code: 'not-converged', what, evidence, cure }
  }
  const reload = `in sshd_config of ${server.name}, then systemctl reload ssh and begin the tunnel anew`
  if (values.disableforwarding === 'yes')
    return [
      failed(
        'DisableForwarding',
        `sshd on ${server.name} forwards nothing for ${user}`,
        `DisableForwarding no ${reload}`,
      ),
    ]
  const allowed = values.allowtcpforwarding
  if (allowed !== 'yes' && allowed !== 'all' && allowed !== forward)
    return [
      failed(
        'AllowTcpForwarding',
        `sshd on ${server.name} refuses ${forward} forwards of ${user}`,
        `AllowTcpForwarding ${allowed === 'no' ? forward : 'yes'} ${reload}`,
      ),
    ]
  const permit = forward === 'remote' ? 'PermitListen' : 'PermitOpen'
  const target = forward === 'remote' ? listen : far
  const permitted = (values[permit.toLowerCase()] ?? 'any').split(/\s+/)
  if (!permitted.includes('any') && !permitted.some(one => isPermitted(one, target)))
    return [
      failed(
        permit,
        `sshd on ${server.name} does not let ${user} ${forward === 'remote' ? 'listen on' : 'open'} ${target}`,
        `${permit} ${target} ${reload}`,
      ),
    ]
  const host = hostOf(listen)
  const gateway = values.gatewayports
  if (forward === 'remote' && !isLoopback(host) && gateway === 'no')
    return [
      failed(
        'GatewayPorts',
        `sshd on ${server.name} listens on loopback alone, whatever address is asked for, and ssh says nothing of it`,
        `GatewayPorts clientspecified ${reload}`,
      ),
    ]
  const wide = forward === 'remote' && gateway === 'yes' && !isWildcard(host)
  return [
    ok(
      asked,
      `sshd on ${server.name} lets ${user} ${forward === 'remote' ? `listen on ${listen}` : `open ${far}`}${wide ? '; with GatewayPorts yes it listens on all addresses' : ''}`,
    ),
  ]
}

const hostOf = (endpoint: string): string => {
  const parsed = parseEndpoint(endpoint)
  return 'error' in parsed ? '' : parsed.host
}

/** HOST:PORT, with * for either; PermitListen takes a port alone too (sshd_config(5)). */
function isPermitted(permitted: string, target: string): boolean {
  const [mine, theirs] = [parseEndpoint(target), /^(?:\[?([^\]]*)\]?:)?(\d+|\*)$/.exec(permitted)]
  if ('error' in mine || !theirs) return false
  const [, host = '*', port] = theirs
  return (host === '*' || sameHost(host, mine.host)) && (port === '*' || Number(port) === mine.port)
}

function keepalive({ tunnel, keepalive: interval }: Foreign, look: Look): Check[] {
  const { client, server } = tunnel
  const asked = { link: 'kept while quiet', host: client.name } as const
  if (isOneMachine(client, server)) return []
  if (interval) return [ok(asked, `ssh sends a keepalive every ${interval} s`)]
  const isKnown = !look.away.has(loginId(server)) && look.away.size === 0
  const theirs = isKnown ? Number(look.snapshotOf(server).sshd[server.user ?? 'root']?.clientaliveinterval ?? 0) : 0
  if (theirs > 0) return [ok(asked, `sshd on ${server.name} sends a keepalive every ${theirs} s`)]
  return [
    {
      ...asked,
      status: 'fail',
      goesOn: true,
      code: 'drops-while-quiet',
      what: 'nothing keeps the connection from falling silent: a NAT or firewall on the way forgets it, and ssh does not notice',
      evidence: `ServerAliveInterval is not set${isKnown ? `, nor ClientAliveInterval on ${server.name}` : `; whether ${server.name} has ClientAliveInterval is not known`}`,
      cure: 'add -o ServerAliveInterval=30 -o ServerAliveCountMax=3',
    },
  ]
}

/** Through the listener where one is; else far from the host that would dial it. */
async function askFar(foreign: Foreign, look: Look): Promise<readonly Check[]> {
  const { tunnel, running } = foreign
  const isAway = (host: Host) => look.away.has(loginId(host))
  if (running && running.bound !== false && !isAway(listeningHost(tunnel))) return (await askLinks(look))?.checks ?? []
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

/** What nobody has come to, in a line. */
function rest({ tunnel }: Foreign, checks: readonly Check[]): Walked[] {
  const isAsked = checks.some(({ link }) => link === 'far answers' || link === 'far reached')
  const host = listeningHost(tunnel).name
  return isAsked ? [] : [{ link: 'far answers', host, status: 'not judged', what: `far (${tunnel.far})` }]
}
