// A tunnel with a side that others run (managed: false): what has to be known of that side, and what cannot be asked for there. Pure.
import { isSocket } from './address'
import { listeningHost } from './check-listen'
import { hasOpenPort } from './chosen-port'
import { parseEndpoint } from './endpoint'
import type { Finding } from './finding'
import { type Single, singlesOf } from './forward'
import { isOurs } from './machine'
import { portBehind, privileged } from './redirect'
import type { Host, Tunnel } from './types'
import type { IsUnknown } from './unknown'
import { watchingHost } from './watching'

export function checkManaged(tunnel: Tunnel, isUnknown: IsUnknown): Finding[] {
  const { client, server } = tunnel
  if (isOurs(client) && isOurs(server)) return checkTheirJumps(tunnel)
  if (!isOurs(client) && !isOurs(server)) {
    const message = `neither ${client.name} nor ${server.name} is ours: there is nothing to make`
    return [{ path: ['server'], code: 'nothing-ours', message, hint: 'one of the two has to be managed' }]
  }
  return [
    ...(isOurs(client) ? checkTheirServer(server, isUnknown) : checkTheirClient(tunnel, isUnknown)),
    ...checkJumps(tunnel),
    ...checkRotate(tunnel),
    ...checkSocketsThere(tunnel),
  ]
}

/** Each jump host gets an account of the tunnel. */
const checkTheirJumps = ({ jumps = [] }: Tunnel): Finding[] =>
  jumps.flatMap(({ name, managed }, index) => {
    const message = `${name} is not ours (managed: false), so it cannot be a jump host`
    const hint = 'leave it out: an account of the tunnel would have to be made there'
    return isOurs({ managed }) ? [] : [{ path: ['jumps', index], code: 'not-managed', message, hint }]
  })

/** A new key is let in before the old one goes: on a side that is not ours nobody does that. */
function checkRotate({ client, server, rotate }: Tunnel): Finding[] {
  if (rotate === undefined) return []
  const message = isOurs(client)
    ? `${server.name} is not ours (managed: false): nobody would let a new key in there before the old one goes`
    : `the key of ${client.name}, which is not ours (managed: false), is its owner's`
  const hint = isOurs(client) ? 'leave rotate out' : `leave rotate out, and change the publicKey of ${client.name}`
  return [{ path: ['rotate'], code: 'not-managed', message, hint }]
}

/** The way is the client's: of one that is not ours its owner would have to be given a configuration of his ssh. */
function checkJumps(tunnel: Tunnel): Finding[] {
  const { client, jumps = [] } = tunnel
  if (jumps.length === 0 || isOurs(client)) return checkTheirJumps(tunnel)
  const message = `${client.name} is not ours (managed: false), and over jump hosts only the ssh of our own clients goes`
  const hint = `leave jumps out: ${client.name} has to reach the server itself`
  return [{ path: ['jumps'], code: 'not-managed', message, hint }]
}

/** On his side its owner would have to make the folder, and say who may connect. */
function checkSocketsThere(tunnel: Tunnel): Finding[] {
  const { client, server } = tunnel
  return singlesOf(tunnel).flatMap(single => {
    const listens = listeningHost(single)
    const ends = { listen: listens, far: listens === client ? server : client }
    return (['listen', 'far'] as const).flatMap((end): Finding[] => {
      if (!isSocket(single[end]) || isOurs(ends[end])) return []
      const message = `${ends[end].name} is not ours (managed: false), and a unix socket there is its owner's to make and to judge`
      return [{ path: [...single.place, end], code: 'not-managed', message, hint: 'ADDRESS:PORT' }]
    })
  })
}

/** What each needs, with what it is for; `side` is where the tunnel names it. */
function checkHas(side: 'client' | 'server', host: Host, wanted: Readonly<Record<string, string>>): Finding[] {
  return Object.entries(wanted)
    .filter(([key]) => !host[key as keyof Host])
    .map(([key, hint]) => ({
      path: [side],
      code: 'not-managed',
      message: `${host.name} is not ours (managed: false), and its ${key} is missing`,
      hint: `give ${host.name} a ${key}: ${hint}`,
    }))
}

const checkTheirServer = (server: Host, isUnknown: IsUnknown): Finding[] => [
  ...checkHas('server', server, {
    address: 'where the client finds its sshd',
    user: 'the login that its owner gives to the tunnel',
    hostKey: 'its public key, by which the client knows it (ssh-keyscan shows it, its owner confirms it)',
  }),
  ...checkPaths('server', server, ['identityFile'], isUnknown),
]

function checkTheirClient({ client, enabled }: Tunnel, isUnknown: IsUnknown): Finding[] {
  const message = `whether ssh runs on ${client.name} is for its owner to say, for that host is not ours`
  return [
    ...checkHas('client', client, { publicKey: 'the public half of the key with which its owner logs in' }),
    ...checkPaths('client', client, ['identityFile', 'knownHosts'], isUnknown),
    ...(enabled === false ? [{ path: ['enabled'], code: 'not-managed', message, hint: 'leave enabled out' }] : []),
  ]
}

/** They stand in a unit and in shell lines. */
function checkPaths(
  side: 'client' | 'server',
  host: Host,
  keys: readonly ('identityFile' | 'knownHosts')[],
  isUnknown: IsUnknown,
): Finding[] {
  return keys.flatMap(key => {
    const path = host[key]
    if (path === undefined || isUnknown(path) || /^\/[\w./@+,=-]+$/.test(path)) return []
    const message = `${key} of ${host.name} is no absolute path of letters, digits and ./@+,=_-`
    const where = side === 'client' ? host.name : 'the client of the tunnel'
    return [{ path: [side], code: 'not-managed', message, hint: `it is a path on ${where}` }]
  })
}

/** Of each forward: what would have to be done on their side. */
export function checkAskedOfThem(single: Single): Finding[] {
  const { watch, probeFrom } = single
  const code = 'not-managed'
  const found: Finding[] = []
  if (watch && !isOurs(watchingHost(single))) {
    const { name } = watchingHost(single)
    const hint = `watch: { on: ${watch.on === 'server' ? 'client' : 'server'} }`
    found.push({ path: ['watch'], code, message: `watch would run on ${name}, which is not ours`, hint })
  }
  if (probeFrom && !isOurs(probeFrom)) {
    const message = `far cannot be asked from ${probeFrom.name}, which is not ours`
    found.push({ path: ['probeFrom'], code, message, hint: 'name a host that is ours, or here' })
  }
  return found
}

/** Of each forward: what is asked of the firewall of who listens, and of its ports. */
export function checkTheirListener(single: Single): Finding[] {
  const { client, forward, listen, allowFrom, limits } = single
  const { name, managed } = listeningHost(single)
  const code = 'not-managed'
  const found: Finding[] = []
  if (hasOpenPort(listen) && (!isOurs(client) || !isOurs({ managed }))) {
    const message = `port 0 is chosen by an apply, and ${isOurs(client) ? name : client.name} is not ours (managed: false)`
    found.push({ path: ['listen'], code, message, hint: 'name a port' })
  }
  if (isOurs({ managed })) return found
  const hint = `leave it out, and ask the owner of ${name}`
  if (allowFrom)
    found.push({
      path: ['allowFrom'],
      code,
      message: `allowFrom is for the firewall of ${name}, which is not ours`,
      hint,
    })
  if (limits)
    found.push({ path: ['limits'], code, message: `limits are for the firewall of ${name}, which is not ours`, hint })
  const endpoint = parseEndpoint(listen)
  if (forward === 'remote' && !('error' in endpoint) && portBehind(endpoint.port) !== endpoint.port) {
    const message = `sshd listens on a port below 1024 for root alone, and the firewall of ${name}, which is not ours, leads nobody from there to another`
    found.push({ path: ['listen'], code, message, hint: `listen on port ${privileged} or above` })
  }
  return found
}
