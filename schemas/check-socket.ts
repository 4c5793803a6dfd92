// Unix sockets at either end of a forward: which ssh takes, and what stands beside them that is for TCP. Pure.
import { isSocket, wrongInPath } from './address'
import { listeningHost } from './check-listen'
import type { Finding } from './finding'
import { type Single, singlesOf, tunnelOf } from './forward'
import { isOneHost, isOneMachine } from './machine'
import { hiddenFromUnits, isUnder, socketFolderOf, socketRoot, usualSocketMode } from './socket-folder'
import type { Tunnel } from './types'
import type { IsUnknown } from './unknown'

export function checkSockets(single: Single, isUnknown: IsUnknown): Finding[] {
  const { listen, far } = single
  return [
    ...(isUnknown(listen) || !isSocket(listen) ? [] : checkListening(single, isUnknown)),
    ...(isUnknown(far) || !isSocket(far) ? [] : checkDialled(single)),
  ]
}

export function checkSocketModes(tunnel: Tunnel, isUnknown: IsUnknown): Finding[] {
  const singles = singlesOf(tunnel)
  const isNone = singles.every(({ listen }) => !isUnknown(listen) && !isSocket(listen))
  const ofAll = tunnel.forwards ? [{ socketMode: tunnel.socketMode, place: [] }] : []
  const ofEach = singles.filter(({ listen }) => !isUnknown(listen) && !isSocket(listen))
  const needless = [...(isNone ? ofAll : []), ...ofEach].flatMap(({ socketMode, place }): Finding[] => {
    if (socketMode === undefined || isUnknown(socketMode)) return []
    const message = 'socketMode is for what listens on a unix socket'
    const hint = 'leave it out, or listen on a path'
    return [{ path: [...place, 'socketMode'], code: 'no-socket', message, hint }]
  })
  return [...needless, ...differingModes(singles, isUnknown)]
}

/** The bits of an octal mode that one listener has; of one that does not listen on a socket there is none. */
const modeOf = ({ listen, socketMode = usualSocketMode }: Pick<Single, 'listen' | 'socketMode'>): string | null =>
  isSocket(listen) ? socketMode.padStart(4, '0') : null

/** ssh has one for all sockets that the client listens on, sshd one for those of the server: their StreamLocalBindMask. */
const maskedBy = ({ forward }: Pick<Single, 'forward'>): 'ssh' | 'sshd' => (forward === 'remote' ? 'sshd' : 'ssh')

/** Of the sockets of one side. */
export function differingModes(singles: readonly Single[], isUnknown: IsUnknown): Finding[] {
  const firsts = new Map<string, Single>()
  return singles.flatMap((single): Finding[] => {
    if (isUnknown(single.listen) || isUnknown(single.socketMode ?? '') || modeOf(single) === null) return []
    const who = maskedBy(single)
    const first = firsts.get(who) ?? single
    firsts.set(who, first)
    if (modeOf(first) === modeOf(single)) return []
    return [{ path: [...single.place, 'socketMode'], code: 'socket-modes', ...sayModes(first, single) }]
  })
}

function sayModes(first: Single, second: Single): Pick<Finding, 'message' | 'hint'> {
  const who = maskedBy(second)
  const message = `${second.label} wants mode ${modeOf(second)}, and ${first.label} ${modeOf(first)}: ${who} has one for all sockets on which it listens (StreamLocalBindMask)`
  return { message, hint: 'say the same socketMode in both, or give one of them a connection of its own' }
}

function checkListening(single: Single, isUnknown: IsUnknown): Finding[] {
  const { name, forward, listen, far, allowFrom, probeFrom, watch, client, server } = single
  const path = ['listen']
  const wrong = wrongInPath(listen)
  if (wrong) return [{ path, code: 'bad-path', message: `listen ${wrong}`, hint: sayPath(tunnelOf(single)) }]
  if (forward === 'dynamic') {
    const message = 'a dynamic forward listens on TCP alone: ssh -D takes a port, and no path'
    return [{ path, code: 'dynamic-socket', message, hint: 'for example 127.0.0.1:1080' }]
  }
  const on = listeningHost(single)
  const findings: Finding[] = []
  const own = tunnelOf(single)
  const other = isUnder(listen, socketRoot) && !isUnder(listen, socketFolderOf(own))
  if (other && !isUnknown(name) && !isUnknown(own)) {
    const message = `${listen} is not in this tunnel's own folder under ${socketRoot}`
    findings.push({ path, code: 'foreign-folder', message, hint: sayPath(own) })
  }
  const hidden = forward === 'local' ? hiddenFromUnits(listen) : null
  if (hidden) {
    const message = `what ssh makes in ${hidden} nobody else sees: its unit has one of its own`
    findings.push({ path, code: 'hidden-path', message, hint: sayPath(own) })
  }
  if (allowFrom) {
    const message = `allowFrom has nothing to open: ${listen} is a socket, which programs of ${on.name} alone reach`
    const hint = 'leave it out; socketMode says who may connect'
    findings.push({ path: ['allowFrom'], code: 'nothing-to-open', message, hint })
  }
  if (probeFrom && !isUnknown(probeFrom.name) && !isUnknown(probeFrom.address ?? '') && !isOneMachine(probeFrom, on)) {
    const message = `${listen} is reached from ${on.name} itself only, and not from ${probeFrom.name}`
    findings.push({ path: ['probeFrom'], code: 'probe-elsewhere', message, hint: 'leave probeFrom out' })
  }
  if (watch) {
    const message = 'watch does not take a tunnel that listens on a unix socket: its program knows TCP alone'
    findings.push({ path: ['watch'], code: 'no-watch', message, hint: 'leave watch out' })
  }
  if (listen === far && isOneHost(client, server, isUnknown)) {
    const hint = 'far is the service that the listener leads to'
    findings.push({ path: ['far'], code: 'loop', message: "far is the tunnel's own listener", hint })
  }
  return findings
}

function checkDialled({ forward, far, name }: Single): Finding[] {
  const path = ['far']
  const wrong = wrongInPath(far)
  if (wrong)
    return [{ path, code: 'bad-path', message: `far ${wrong}`, hint: 'for example /run/postgresql/.s.PGSQL.5432' }]
  if (forward === 'dynamic') {
    const message = 'far of a dynamic forward is asked for by SOCKS, which names no path'
    return [{ path, code: 'dynamic-socket', message, hint: 'HOST:PORT, for example 127.0.0.1:22' }]
  }
  const hidden = forward === 'remote' ? hiddenFromUnits(far) : null
  if (!hidden) return []
  const message = `ssh does not see ${far}: its unit has a ${hidden} of its own`
  const hint = `have the service listen elsewhere, for example in /run/${name}`
  return [{ path, code: 'hidden-path', message, hint }]
}

/** Of a tunnel that is right. */
export const modeOfSide = (singles: readonly Single[], side: ReturnType<typeof maskedBy>): string =>
  singles.flatMap(one => (maskedBy(one) === side ? (modeOf(one) ?? []) : []))[0] ?? usualSocketMode

const sayPath = (name: string): string => `for example ${socketRoot}/${name}/socket, in a folder that the deploy makes`
