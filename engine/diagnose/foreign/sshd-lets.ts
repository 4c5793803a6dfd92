// What sshd lets the user of somebody's line do, by its effective values, and which line of its files says so.
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
