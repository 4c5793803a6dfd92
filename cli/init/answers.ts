// What init asks: five answers, each with its flag. Pure.
import { isAddress, isLoopback, parseEndpoint } from '../../schemas/endpoint'
import type { Host } from '../../schemas/types'
import { readLogin } from '../read-login'

export interface Answers {
  /** The host that opens the port. */
  readonly middle: Host
  /** The machine that reaches the service; null: middle itself. */
  readonly near: Host | null
  /** HOST:PORT as that machine sees it. */
  readonly far: string
  /** ADDRESS:PORT on middle. */
  readonly listen: string
  /** null: everybody. */
  readonly allowFrom: readonly string[] | null
  readonly name: string
}

/** In the order in which they are asked; the names are those of the flags. */
export const questions = {
  middle: 'Which host opens the port? Its login, [USER@]ADDRESS[:PORT] [via JUMP], root where no USER is named',
  from: 'Which machine reaches the service? here (this one), middle, or the login of another [via JUMP]',
  far: 'What is the service, HOST:PORT, as that machine sees it?',
  listen: 'Where does middle listen? PORT, or ADDRESS:PORT',
  'allow-from': 'Who may connect? Addresses and networks with commas between, or everybody',
} as const
export type Question = keyof typeof questions

const services: Readonly<Record<number, string>> = {
  22: 'ssh',
  25: 'smtp',
  53: 'dns',
  80: 'web',
  110: 'pop3',
  143: 'imap',
  443: 'tls',
  3306: 'mysql',
  3389: 'rdp',
  5432: 'postgres',
  6379: 'redis',
  8080: 'web',
}

/** A name for the tunnel, from what it leads to: server935-ssh. */
export function nameFor(far: string): string {
  const endpoint = parseEndpoint(far)
  if ('error' in endpoint) return 'tunnel'
  const service = services[endpoint.port] ?? `port-${endpoint.port}`
  const host = isLoopback(endpoint.host) || isAddress(endpoint.host) ? '' : (endpoint.host.split('.')[0] ?? '')
  const whole = `${host}-${service}`.toLowerCase().replace(/[^a-z0-9]+/g, '-')
  return whole.slice(-28).replace(/^-+|-+$/g, '')
}

/** A port that a tunnel's account may open: from 1024. */
export function portFor(far: string): number {
  const endpoint = parseEndpoint(far)
  const port = 'error' in endpoint ? 80 : endpoint.port
  return port >= 1024 ? port : 8000 + port
}

/** A host, and the jump hosts on the way to it, the nearest to us first; null: the answer says nothing of any. */
export interface Named {
  readonly host: Host
  readonly via: readonly string[] | null
}

/** null: no login. */
export const readMiddle = (text: string): Named | null => readNamed(text, 'middle')

function readNamed(text: string, name: string): Named | null {
  const [, login = text, way] = /^(\S+)\s+via\s+(.+)$/.exec(text) ?? []
  const host = readLogin(login)
  return host && { host: { ...host, name }, via: way === undefined ? null : readWay(way) }
}

/** With commas between, as for ssh -J. */
export const readWay = (text: string): readonly string[] => text.split(/[\s,]+/).filter(word => word !== '')

export type From = { readonly kind: 'middle' } | ({ readonly kind: 'host' } & Named)

/** null: neither of the words, nor a login. */
export function readFrom(text: string): From | null {
  if (text === 'middle') return { kind: 'middle' }
  if (text === 'here') return { kind: 'host', host: { name: 'near', local: true }, via: [] }
  const named = readNamed(text, 'near')
  return named && { kind: 'host', ...named }
}

/** A port alone stands for that port of the suggested address. */
export const readListen = (text: string, address: string): string =>
  /^\d+$/.test(text) ? `${address.includes(':') ? `[${address}]` : address}:${text}` : text

export const readAllowFrom = (text: string): readonly string[] | null =>
  text === 'everybody' ? null : text.split(/[\s,]+/).filter(word => word !== '')
