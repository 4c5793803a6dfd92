// Where a tunnel listens: can its host have that address, is the port free, and is it the tunnel's own account that listens. Pure.
import { boundFor, familyOf, formatEndpoint, isLoopback, isWildcard, sameHost } from '../../schemas/endpoint'
import { isOurs, loginId } from '../../schemas/machine'
import { handWritten, isOneOwner } from '../../schemas/owner'
import type { Tunnel } from '../../schemas/types'
import { type Check, ok } from '../parts/check'
import { ownerOfAccount, readMark } from '../parts/mark'
import { accountOf as nameOfAccount, tunnelOfAccount } from '../parts/paths'
import { serviceFile, stateOf } from '../parts/service'
import type { Listener, Snapshot } from '../parts/snapshot'
import { allForwards, type Derived, isTcp, type Listening, type Placed, type TcpListening } from '../wish/placed'
import type { Look } from './look'
import { checkSocket, isSocketBound } from './sockets'

export function checkListeners(seen: Look): Check[] {
  const theirs = seen.derived.listening.filter(({ host }) => !isOurs(host))
  const there = seen.derived.listening.filter(({ host }) => canSee(seen, host))
  return [
    ...there.flatMap(listening => [
      ...(isTcp(listening)
        ? [hasAddress(seen, listening), ...portsOf(listening).map(one => isFree(seen, one))]
        : checkSocket(seen, listening)),
      bound(seen, listening),
    ]),
    ...theirs.map(({ host: { name: host }, endpoint }): Check => {
      const what = `nobody can look whether the tunnel listens on ${endpoint}: ${host} is not ours`
      return { link: 'listener bound', host, status: 'unknown', what }
    }),
  ]
}

/** Both: a redirect would take the visitors of who listens on the port that they come to. */
const portsOf = (listening: TcpListening): TcpListening[] =>
  listening.visited === undefined
    ? [listening]
    : [{ ...listening, port: listening.visited, visited: undefined }, listening]

const canSee = ({ derived }: Look, host: Listening['host']): boolean => derived.placed.some(one => one.host === host)

/** ss shows numbers. Of a host without IPv6 one is bound for localhost, and by sshd those of its AddressFamily alone. */
function numeric(
  { address, of }: Pick<TcpListening, 'address' | 'of'>,
  { addresses, sshd }: Snapshot,
): readonly string[] {
  if (address !== 'localhost') return [address]
  const family = of.forward === 'remote' ? sshd['*']?.addressfamily : undefined
  if (family === 'inet6') return ['::1']
  const hasOne = family === 'inet' || (addresses.length > 0 && !addresses.includes('::1'))
  return hasOne ? ['127.0.0.1'] : boundFor(address)
}

function hasAddress({ snapshotOf }: Look, { host, address }: TcpListening): Check {
  const asked = { link: 'port free', host: host.name } as const
  const { addresses } = snapshotOf(host)
  const has = isWildcard(address) || isLoopback(address) || addresses.some(own => sameHost(own, address))
  if (!has && addresses.length === 0) {
    return {
      ...asked,
      status: 'unknown',
      what: `${host.name} does not tell its addresses`,
      cure: `install ip (iproute2) on ${host.name}`,
    }
  }
  if (has) return ok(asked, `${host.name} has the address ${address}`)
  return {
    ...asked,
    status: 'fail',
    code: 'no-such-address',
    what: `${host.name} has no address ${address} to listen on`,
    evidence: `its addresses: ${addresses.join(', ')}`,
    cure: 'listen on one of those, or on *',
  }
}

function isFree(seen: Look, listening: TcpListening): Check {
  const { host, port } = listening
  const asked = { link: 'port free', host: host.name } as const
  const free = ok(asked, `port ${port} on ${host.name} is free for it`)
  const taken = findForeign(seen, listening)
  if (!taken) return free
  const program = taken.program ? `${taken.program} (pid ${taken.pid})` : 'another program'
  const tunnel = tunnelOfListener(taken, seen.snapshotOf(host))
  const others = taken.pid === null ? '' : ` (systemctl status ${taken.pid} on ${host.name} names it)`
  return {
    ...asked,
    status: 'fail',
    code: 'port-taken',
    what: `port ${port} on ${host.name} is taken`,
    evidence: `${tunnel ? `${tunnel}, by ${program},` : program} listens on ${taken.address}:${port}`,
    cure: `choose another port for listen, or ${tunnel ? 'have that tunnel removed where it is declared' : `stop what listens there${others}`}`,
  }
}

/** Who listens where this tunnel is to, and is not about to leave. */
function findForeign(seen: Look, listening: TcpListening): Listener | undefined {
  const { host, address, port } = listening
  const snapshot = seen.snapshotOf(host)
  const account = accountOf(seen.derived)
  const uid = account && 'name' in account ? snapshot.accounts[account.name]?.uid : undefined
  // Our own listener of an earlier deploy may stand there; while ours is stopped another program may have taken the port.
  const stands = listensAlready(seen, formatEndpoint({ host: address, port }))
  const isOwn = (listener: Listener) => stands && (uid === undefined || listener.uid === uid)
  // Another tunnel of the same owner is about to leave the port: Terraform removes the old while it makes the new.
  const isLeaving = (listener: Listener) => isOneOwner(ownerOfListener(listener, snapshot), ownerOf(seen.derived))
  const wanted = numeric(listening, snapshot)
  const there = snapshot.listeners.filter(one => one.port === port && wanted.some(each => overlaps(one, each)))
  return there.find(listener => !isOwn(listener) && !isLeaving(listener))
}

/** Of each taken port the owner of the tunnel that listens there; null for another program. */
export const holdersOf = (seen: Look): readonly (string | null)[] =>
  seen.derived.listening
    .filter(isTcp)
    .filter(({ host }) => canSee(seen, host))
    .flatMap(portsOf)
    .flatMap(listening => {
      const taken = findForeign(seen, listening)
      return taken ? [ownerOfListener(taken, seen.snapshotOf(listening.host)) || null] : []
    })

/** Ports that this tunnel is to have, and on which one of those listens that nobody is about to remove. */
export function heldBy(seen: Look, tunnels: readonly string[]): Check[] {
  const there = seen.derived.listening.filter(isTcp).filter(({ host }) => canSee(seen, host))
  return there.flatMap(portsOf).flatMap(listening => {
    const { host, port } = listening
    const snapshot = seen.snapshotOf(host)
    const { listeners, accounts } = snapshot
    const wanted = numeric(listening, snapshot)
    const there = listeners.filter(one => one.port === port && wanted.some(each => overlaps(one, each)))
    const holder = tunnels.find(tunnel => there.some(one => one.uid === accounts[nameOfAccount(tunnel)]?.uid))
    if (holder === undefined) return []
    const owner = ownerOfAccount(accounts[nameOfAccount(holder)]?.comment ?? '')
    const check: Check = {
      link: 'port free',
      host: host.name,
      status: 'fail',
      code: 'port-taken',
      what: `port ${port} on ${host.name} is taken`,
      evidence: `tunnel ${holder} of owner ${owner} listens there; it is not in this spec, and is left alone`,
      cure: `say owner: ${owner} in the spec to have it removed, or choose another port for listen`,
    }
    return [check]
  })
}

/** Whether our unit that stands on the client listens there, as its mark says. */
function listensAlready({ derived, snapshotOf }: Look, endpoint: string): boolean {
  return derived.placed.some(placed => {
    if (placed.kind !== 'service') return false
    const text = serviceFile(snapshotOf(placed.host), placed.at.unit)?.text ?? ''
    return readMark(text)?.notes.listens?.split(' ').includes(endpoint) ?? false
  })
}

/** `tunnel NAME of owner OWNER`, where the account that listens is a tunnel's. */
function tunnelOfListener({ uid }: Listener, { accounts }: Snapshot): string | null {
  const [name, account] = Object.entries(accounts).find(([, one]) => one.uid === uid) ?? []
  const owner = ownerOfAccount(account?.comment ?? '')
  return name && owner ? `tunnel ${tunnelOfAccount(name)} of owner ${owner}` : null
}

/** Whose tunnel listens: the account that listens carries the mark. Empty for nobody of ours. */
const ownerOfListener = ({ uid }: Listener, { accounts }: Snapshot): string =>
  ownerOfAccount(Object.values(accounts).find(one => one.uid === uid)?.comment ?? '')

const ownerOf = ({ placed }: Derived): string =>
  placed.flatMap(one => (one.kind === 'account' ? [one.at.owner] : []))[0] ?? handWritten

/** 0.0.0.0 leaves IPv6 free; `::` may stand for both families, as `*` does. */
const overlaps = (listener: Listener, address: string): boolean =>
  sameHost(listener.address, address) ||
  isWildcard(address) ||
  (isWildcard(listener.address) && !(listener.address === '0.0.0.0' && familyOf(address) === 6))

/** The tunnel's own account, by whose uid ss shows who listens. */
const accountOf = ({ placed }: Derived) => placed.find(one => one.kind === 'account')?.at

/** Whether the tunnel's own account listens where it should: ssh on the client, or sshd for it on the server. */
export function isBound(seen: Look, listening: Listening): boolean {
  // Nobody can look there: only far's answer tells.
  if (!isOurs(listening.host)) return true
  if (!isTcp(listening)) return isSocketBound(seen, listening)
  const { derived, snapshotOf } = seen
  const { host, port } = listening
  const account = accountOf(derived)
  if (!account || !('name' in account)) return false
  const snapshot = snapshotOf(host)
  const uid = snapshot.accounts[account.name]?.uid
  const own = snapshot.listeners.filter(one => one.port === port && one.uid === uid)
  return numeric(listening, snapshot).every(wanted =>
    own.some(one => (isWildcard(wanted) ? isWildcard(one.address) : sameHost(one.address, wanted))),
  )
}

/** Those of the tunnel's account on the port, at whatever address. */
function ownListeners({ derived, snapshotOf }: Look, { host, port }: TcpListening): readonly Listener[] {
  const account = accountOf(derived)
  const { listeners, accounts } = snapshotOf(host)
  const uid = account && 'name' in account ? accounts[account.name]?.uid : undefined
  return uid === undefined ? [] : listeners.filter(one => one.port === port && one.uid === uid)
}

/** Also of a host that was not read nobody says that it listens. */
export const allBound = (seen: Look): boolean =>
  allForwards(seen.derived).every(one => !seen.away.has(loginId(one.host)) && isBound(seen, one))

/**
 * A disabled one that somebody has started is judged as any that runs: by its unit, or where its account listens by another command, without the unit.
 * One that nobody has started stays as it is.
 */
export function asStarted(seen: Look): Look {
  const { disabled, placed } = seen.derived
  if (!disabled) return seen
  const runs = placed.some(one => one.kind === 'service' && isStarted(seen.snapshotOf(one.host), one.at.unit))
  if (!runs && !allBound(seen)) return seen
  const started = placed.flatMap((one): Placed[] => {
    if (one.kind !== 'service') return [one]
    return runs ? [{ ...one, at: { ...one.at, disabled: undefined } }] : []
  })
  return { ...seen, derived: { ...seen.derived, placed: started, disabled: undefined } }
}

const isStarted = (on: Snapshot, unit: string): boolean =>
  !['inactive', 'failed'].includes(stateOf(on, unit) ?? 'inactive')

function bound(seen: Look, listening: Listening): Check {
  const { host, endpoint } = listening
  const isBehind = isTcp(listening) && listening.visited !== undefined
  const where = isBehind
    ? `${formatEndpoint({ host: listening.address, port: listening.port })}, behind ${endpoint}`
    : endpoint
  const asked = { link: 'listener bound', host: host.name } as const
  if (isBound(seen, listening)) return ok(asked, `the tunnel listens on ${where}`)
  const what = `the tunnel does not listen on ${where}`
  if (seen.derived.disabled) return ok(asked, `${what}, as it should: enabled: false`)
  const { declared } = seen
  if (declared.type === 'tunnel' && !isOurs(declared.input.client)) return waitsForClient(asked, what, declared.input)
  const elsewhere = (isTcp(listening) ? ownListeners(seen, listening) : []).map(one =>
    formatEndpoint({ host: one.address, port: one.port }),
  )
  const evidence = elsewhere.length > 0 ? `it listens on ${elsewhere.join(', ')}` : undefined
  return { ...asked, status: 'fail', code: 'not-listening', what, evidence, cure: 'see what ssh says', mends: true }
}

/** Its ssh is for the owner of the client to run. */
function waitsForClient(asked: Pick<Check, 'link' | 'host'>, what: string, { name, client }: Tunnel): Check {
  return {
    ...asked,
    status: 'fail',
    code: 'waits-for-owner',
    what: `${what}: ${client.name}, which is not ours, has not begun it`,
    cure: `have its owner run it: ssh-tunnels handover SPEC ${name} prints what he needs`,
    mends: true,
  }
}
