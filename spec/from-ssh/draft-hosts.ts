// The hosts of a spec that is being written: each once, under a name of its own, with what has to be filled in. Pure.
import { familyOf, isAddress, isLoopback, isWildcard, sameHost } from '../../schemas/endpoint'
import { legalName } from '../../schemas/legal-name'
import type { SpecHost, SpecTunnel } from '../../schemas/types'
import type { ByHand } from './by-hand'
import type { Login } from './login'
import type { DraftHost } from './write-spec'

export interface Known {
  /** "ssh-ed25519 AAAA...", where known_hosts has one. */
  hostKey(address: string, port: number): { readonly key: string; readonly place: string } | null
}

export interface Names {
  readonly hosts: Map<string, DraftHost>
  readonly tunnels: Map<string, { readonly tunnel: SpecTunnel; readonly notes: readonly string[] }>
}

export function serverOf(
  { destination, jumps, identityFiles, knownHosts }: ByHand,
  names: Names,
  known: Known,
  callsIt = 'middle',
): string {
  const via = jumps.map(jump => addLogin(names, jump, known, {}))
  const called = isAddress(destination.written) ? callsIt : legalName(destination.written)
  const more = {
    ...(identityFiles[0] ? { identityFile: identityFiles[0] } : {}),
    ...(knownHosts && knownHosts !== '/dev/null' ? { knownHosts } : {}),
    ...(via.length > 0 ? { via } : {}),
  }
  return addLogin(names, { ...destination, host: destination.host }, known, more, called)
}

export function addLogin(
  names: Names,
  { host: address, user, port }: Login,
  known: Known,
  more: SpecHost,
  called?: string,
): string {
  const found = more.knownHosts ? null : known.hostKey(address, port ?? 22)
  const host: SpecHost = {
    address,
    ...(port && port !== 22 ? { port } : {}),
    user: user ?? 'root',
    ...(user && user !== 'root' ? { become: 'sudo' } : {}),
    ...(found ? { hostKey: found.key } : {}),
    ...more,
  }
  const notes: DraftHost['notes'] = {
    ...(user === null ? { user: 'FILL IN: the line names no user; an administrator, who may become root' } : {}),
    ...(host.become ? { become: `an apply needs root: sudo without a password for ${user}, or another user` } : {}),
    ...(found ? { hostKey: `from ${found.place}` } : {}),
    ...(found || more.knownHosts
      ? {}
      : { address: 'its hostKey is not known here: compare ssh-keyscan with the host itself, then write hostKey' }),
  }
  return addHost(names, called ?? (isAddress(address) ? 'bastion' : legalName(address)), { host, notes })
}

/** The name under which the same host stands, or a new one. */
export function addHost({ hosts }: Names, called: string, draft: DraftHost): string {
  const idOf = ({ host }: DraftHost) =>
    JSON.stringify([host.local ?? false, host.address?.toLowerCase() ?? '', host.port ?? 22])
  const there = [...hosts].find(([, other]) => idOf(other) === idOf(draft))
  if (there) return there[0]
  const name = freeName(called, hosts)
  hosts.set(name, draft)
  return name
}

/** One that it listens on and is not reached at. */
export function addAddress({ hosts }: Names, name: string, address: string | null): void {
  const draft = hosts.get(name)
  if (!draft || address === null || !isAddress(address) || isLoopback(address) || isWildcard(address)) return
  const { host } = draft
  const isKnown = [host.address ?? '', ...(host.addresses ?? [])].some(one => sameHost(one, address))
  const isDecided = host.address === undefined || !isAddress(host.address) || familyOf(host.address) === null
  if (isKnown || isDecided) return
  hosts.set(name, { ...draft, host: { ...host, addresses: [...(host.addresses ?? []), address] } })
}

export function freeName(wanted: string, taken: ReadonlyMap<string, unknown>): string {
  for (let at = 1; ; at++) {
    const name = at === 1 ? wanted : `${wanted}-${at}`
    if (!taken.has(name)) return name
  }
}

export function toDoFor(name: string, draft: DraftHost | undefined): string[] {
  return Object.entries(draft?.notes ?? {})
    .filter(([key]) => key !== 'hostKey')
    .map(([, note]) => `host ${name}: ${note}`)
}
