// The host that somebody names, with all its names and its whole way, as the schemas want it; or why it is none.
import { Token } from 'cdktf'
import { Construct } from 'constructs'
import type { Jump, Host as NamedHost } from '../schemas/types'
import type { Host, HostConstruct } from './host'

const MARK = Symbol.for('cdktf-ssh-tunnels/MiddleServer')

export const markMiddleServer = (construct: HostConstruct): void => {
  Object.defineProperty(construct, MARK, { value: true })
}

export const isMiddleServer = (value: unknown): value is HostConstruct =>
  typeof value === 'object' && value !== null && MARK in value

interface Place {
  /** Whose argument it is. */
  readonly construct: Construct
  /** Which one: client, or client.via[0]. Empty where the host is all of them. */
  readonly path: string
}

/**
 * Where no name is given it is the address; an address that is a token, or IPv6, cannot be a name: then it is `fallback`.
 * @throws Error that names the place where something stands that is no host: a compiler may not have looked.
 */
export function nameHost(given: Host | HostConstruct, place: Place, fallback: string): NamedHost {
  const host = requireHost(given, place)
  if (isMiddleServer(given)) return given.host
  const { name, via, addresses, ...rest } = host
  return {
    name: name ?? (host.local ? 'local' : nameFrom(host.address, fallback)),
    ...rest,
    ...(addresses && { addresses: [...addresses] }),
    ...(via && { via: nameWay(via, { ...place, path: join(place.path, 'via') }) }),
  }
}

function nameWay(via: Host['via'], place: Place): Jump[] {
  const way = wayOf(via, place)
  const unique = [...new Map(way.map(jump => [JSON.stringify(jump), jump])).values()]
  return unique.map((jump, index) => ({ ...jump, name: jump.name ?? nameFrom(jump.address, `jump-${index + 1}`) }))
}

/** Each jump host after those that lead to it. What only a machine that is changed needs is left out. */
function wayOf(via: Host['via'], place: Place): (Omit<Jump, 'name'> & Pick<Host, 'name'>)[] {
  if (via === undefined) return []
  if (!Array.isArray(via)) throw sayWrong(via, place, 'a list of jump hosts', 'via: [relay]')
  return via.flatMap((given, index) => {
    const at = { ...place, path: `${place.path}[${index}]` }
    const {
      local,
      managed,
      publicKey: ______,
      become: _,
      becomePasswordEnv: _____,
      addresses: __,
      firewallManager: ___,
      guardWindow: ____,
      supervisor: _______,
      via: before,
      address,
      ...login
    } = requireHost(given, at)
    if (local) throw sayWrong(given, at, 'a jump host', 'nothing: the way to every host starts at this machine anyway')
    if (managed === false) throw sayWrong(given, at, 'a jump host that is ours', 'a host that you log in to')
    return [...wayOf(before, { ...at, path: join(at.path, 'via') }), { address: address as string, ...login }]
  })
}

function requireHost(given: Host | HostConstruct, place: Place): Host {
  if (isMiddleServer(given)) return given.host
  if (typeof given !== 'object' || given === null || Array.isArray(given) || Construct.isConstruct(given)) {
    const address = typeof given === 'string' && !Token.isUnresolved(given) ? `'${given}'` : '...'
    throw sayWrong(given, place, 'a host', `a MiddleServer, Host.at({ address: ${address} }) or Host.local()`)
  }
  for (const [key, value] of Object.entries(given)) {
    if (key === 'via' || !Construct.isConstruct(value)) continue
    throw sayWrong(value, { ...place, path: join(place.path, key) }, 'a value', 'what it knows, as in vm.publicIp')
  }
  return given
}

const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)

function sayWrong(value: unknown, { construct, path }: Place, wanted: string, cure: string): Error {
  return new Error(`${construct.node.path}: ${path} is ${describe(value)}, not ${wanted}: write ${cure}`)
}

function describe(value: unknown): string {
  if (Construct.isConstruct(value)) return `the ${value.constructor.name} ${value.node.path}`
  if (typeof value === 'string') return Token.isUnresolved(value) ? 'text' : `the text ${JSON.stringify(value)}`
  if (Array.isArray(value)) return 'a list'
  if (typeof value !== 'object' || value === null) return String(value)
  return 'local' in value ? 'this machine' : 'an object'
}

function nameFrom(address: string | undefined, fallback: string): string {
  const isName = address && !Token.isUnresolved(address) && /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(address)
  return isName ? address : fallback
}
