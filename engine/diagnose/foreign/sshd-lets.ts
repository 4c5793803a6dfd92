// What sshd lets the user of somebody's line do, by its effective values, and which line of its files says so.
import { isSocket } from '../../../schemas/address'
import { leadsTo } from '../../../schemas/dynamic'
import { isLoopback, isWildcard, parseEndpoint, sameHost } from '../../../schemas/endpoint'
import { isOneMachine, loginId } from '../../../schemas/machine'
import type { Look } from '../../look/look'
import { type Check, ok } from '../../parts/check'
import { findWinner } from '../../parts/sshd-config'
import type { Foreign } from './given'

/** sshd's effective values for the user of the line. */
export function sshdLets({ tunnel }: Foreign, look: Look): Check[] {
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
  // What a proxy dials sshd dials, as for a local forward.
  const direction = forward === 'dynamic' ? 'local' : forward
  const target = forward === 'remote' ? listen : far
  // Of sockets too sshd asks AllowTcpForwarding first (tried with 9.2p1 and 10.0p2).
  const keywords = ['AllowTcpForwarding', ...(isSocket(target) ? ['AllowStreamLocalForwarding'] : [])]
  for (const keyword of keywords) {
    const allowed = values[keyword.toLowerCase()] ?? 'yes'
    if (allowed === 'yes' || allowed === 'all' || allowed === direction) continue
    return [
      failed(
        keyword,
        `sshd on ${server.name} refuses ${forward} forwards of ${user}`,
        `${keyword} ${allowed === 'no' ? direction : 'yes'} ${reload}`,
      ),
    ]
  }
  const permit = forward === 'remote' ? 'PermitListen' : 'PermitOpen'
  const permitted = (values[permit.toLowerCase()] ?? 'any').split(/\s+/)
  const opens = forward === 'dynamic' && !permitted.includes('any') ? permitted.join(' ') : leadsTo(tunnel)
  // Where sockets are made sshd does not limit, and what a proxy is asked for its visitors say.
  const isLimited = forward !== 'dynamic' && !(forward === 'remote' && isSocket(listen))
  if (isLimited && !permitted.includes('any') && !permitted.some(one => isPermitted(one, target)))
    return [
      failed(
        permit,
        `sshd on ${server.name} does not let ${user} ${forward === 'remote' ? 'listen on' : 'open'} ${target}`,
        `${permit} ${target} ${reload}`,
      ),
    ]
  const host = hostOf(listen)
  const gateway = values.gatewayports
  if (forward === 'remote' && !isSocket(listen) && !isLoopback(host) && gateway === 'no')
    return [
      failed(
        'GatewayPorts',
        `sshd on ${server.name} listens on loopback alone, whatever address is asked for, and ssh says nothing of it`,
        `GatewayPorts clientspecified ${reload}`,
      ),
    ]
  const wide = forward === 'remote' && !isSocket(listen) && gateway === 'yes' && !isWildcard(host)
  return [
    ok(
      asked,
      `sshd on ${server.name} lets ${user} ${forward === 'remote' ? `listen on ${listen}` : `open ${opens}`}${wide ? '; with GatewayPorts yes it listens on all addresses' : ''}`,
    ),
  ]
}

const hostOf = (endpoint: string): string => {
  const parsed = parseEndpoint(endpoint)
  return 'error' in parsed ? '' : parsed.host
}

/** HOST:PORT, with * for either; PermitListen takes a port alone too (sshd_config(5)). */
function isPermitted(permitted: string, target: string): boolean {
  // A path is a host of which any port will do.
  if (isSocket(target)) return permitted === `[${target}]:*` || permitted === `${target}:*`
  const [mine, theirs] = [parseEndpoint(target), /^(?:\[?([^\]]*)\]?:)?(\d+|\*)$/.exec(permitted)]
  if ('error' in mine || !theirs) return false
  const [, host = '*', port] = theirs
  return (host === '*' || sameHost(host, mine.host)) && (port === '*' || Number(port) === mine.port)
}
