// Unix sockets at either end of a forward: which ssh takes, and what stands beside them that is for TCP. Pure.
import { isSocket, wrongInPath } from './address'
import { listeningHost } from './check-listen'
import type { Finding } from './finding'
import { type Single, singlesOf } from './forward'
import { isOneHost, isOneMachine } from './machine'
import { hiddenFromUnits, isUnder, socketRoot } from './socket-folder'
import type { Tunnel } from './types'
import type { IsUnknown } from './unknown'

export function checkSockets(single: Single, isUnknown: IsUnknown): Finding[] {
  const { listen, far } = single
  return [
    ...(isUnknown(listen) || !isSocket(listen) ? [] : checkListening(single, isUnknown)),
    ...(isUnknown(far) || !isSocket(far) ? [] : checkDialled(single)),
  ]
}

/** Of the whole tunnel, for ssh and sshd have one mode for all of its sockets. */
export function checkSocketMode(tunnel: Tunnel, isUnknown: IsUnknown): Finding[] {
  const isNone = singlesOf(tunnel).every(({ listen }) => !isUnknown(listen) && !isSocket(listen))
  if (tunnel.socketMode === undefined || isUnknown(tunnel.socketMode) || !isNone) return []
  const message = 'socketMode is for a tunnel that listens on a unix socket'
  return [{ path: ['socketMode'], code: 'no-socket', message, hint: 'leave it out, or listen on a path' }]
}

function checkListening(single: Single, isUnknown: IsUnknown): Finding[] {
  const { name, forward, listen, far, allowFrom, probeFrom, watch, place, client, server } = single
  const path = ['listen']
  const wrong = wrongInPath(listen)
  if (wrong) return [{ path, code: 'bad-path', message: `listen ${wrong}`, hint: sayPath(name) }]
  if (forward === 'dynamic') {
    const message = 'a dynamic forward listens on TCP alone: ssh -D takes a port, and no path'
    return [{ path, code: 'dynamic-socket', message, hint: 'for example 127.0.0.1:1080' }]
  }
  const on = listeningHost(single)
  const findings: Finding[] = []
  const other = isUnder(listen, socketRoot) && !isUnder(listen, `${socketRoot}/${name}`)
  if (other && !isUnknown(name)) {
    const message = `${listen} is not in this tunnel's own folder under ${socketRoot}`
    findings.push({ path, code: 'foreign-folder', message, hint: sayPath(name) })
  }
  const hidden = forward === 'local' ? hiddenFromUnits(listen) : null
  if (hidden) {
    const message = `what ssh makes in ${hidden} nobody else sees: its unit has one of its own`
    findings.push({ path, code: 'hidden-path', message, hint: sayPath(name) })
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
  if (watch && place.length === 0) {
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

const sayPath = (name: string): string => `for example ${socketRoot}/${name}/socket, in a folder that the deploy makes`
