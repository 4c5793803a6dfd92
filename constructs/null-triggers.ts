// The triggers of a null_resource: each attribute of a tunnel or a middle as text, and all of it as JSON for the command.
import { Fn, Token } from 'cdktf'
import { renamed, snakeCase } from '../schemas/snake-case'
import type { Host, Jump, Middle, OpenPort, Tunnel, TunnelForward } from '../schemas/types'

export type Declared =
  | { readonly type: 'tunnel'; readonly input: Tunnel }
  | { readonly type: 'middle'; readonly input: Middle }

export type Triggers = Record<string, string>

/** A plan shows the keys that change. Whatever `resource` holds has a key of its own. No secret: the schemas know none, only paths. */
export function triggersOf(declared: Declared): Triggers {
  return { ...flatten('', declared.input), resource: toJson(declared) }
}

const hostKeys: readonly string[] = ['client', 'server', 'host', 'probe_from']

function flatten(prefix: string, value: object, of?: string): Triggers {
  const named = renamed<unknown>(of, value as Readonly<Record<string, unknown>>, snakeCase)
  const pairs = named.flatMap(([key, inner]): [string, string][] => {
    if (inner === undefined || inner === null) return []
    const name = prefix + key
    if (hostKeys.includes(key)) return Object.entries(describeHost(name, inner as Host))
    return isObject(inner) ? Object.entries(flatten(`${name}_`, inner, key)) : [[name, toText(inner)]]
  })
  return Object.fromEntries(pairs)
}

function describeHost(name: string, { local, address, port, user, ...rest }: Host): Triggers {
  const login = describeLogin({ address: address ?? '', port, user })
  return { [name]: local ? ['this machine', address ?? []].flat().join(', ') : login, ...flatten(`${name}_`, rest) }
}

/** As one would say it to ssh: root@203.0.113.20:22. */
function describeLogin({
  user = 'root',
  address,
  port = 22,
}: Pick<Host, 'user' | 'port'> & { address: string }): string {
  const bracketed = address.includes(':') && !Token.isUnresolved(address) ? `[${address}]` : address
  return `${user}@${bracketed}:${Token.isUnresolved(port) ? Token.asString(port) : port}`
}

function toText(value: unknown): string {
  if (Token.isUnresolved(value)) return Array.isArray(value) ? Fn.join(', ', value) : Token.asString(value)
  return Array.isArray(value)
    ? value.map(item => (isObject(item) ? describeItem(item) : toText(item))).join(', ')
    : asLiteral(String(value))
}

/** A forward, a jump host, or an open port. */
function describeItem(item: object): string {
  if ('forward' in item) {
    const { name, forward, listen, far, ...rest } = item as TunnelForward
    return [name ?? [], `${forward} ${listen} ${far}`, ...Object.values(flatten('', rest))].flat().join(' ')
  }
  if ('name' in item) {
    const { name, address, port, user, ...rest } = item as Jump
    return [name, describeLogin({ address, port, user }), ...Object.values(flatten('', rest))].join(' ')
  }
  const { port, address, from } = item as OpenPort
  return [toText(port), ...(address ? [`on ${toText(address)}`] : []), ...(from ? [`from ${toText(from)}`] : [])].join(
    ' ',
  )
}

/** Where something is known only after another resource's apply, Terraform makes the JSON. */
function toJson(declared: Declared): string {
  return hasToken(declared) ? Fn.jsonencode(quoteAll(declared)) : asLiteral(JSON.stringify(declared))
}

/** cdktf 0.21 escapes no quotes in the strings of a function's arguments, and rawString escapes no backslashes. */
function quoteAll(value: unknown): unknown {
  if (typeof value === 'string')
    return Token.isUnresolved(value) || !/["\\]|[$%]\{/.test(value)
      ? value
      : Fn.rawString(value.replaceAll('\\', '\\\\'))
  if (Array.isArray(value) && !Token.isUnresolved(value)) return value.map(quoteAll)
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, quoteAll(inner)]))
    : value
}

function hasToken(value: unknown): boolean {
  if (Token.isUnresolved(value)) return true
  return typeof value === 'object' && value !== null && Object.values(value).some(hasToken)
}

/** Strings of a configuration are templates: $${ and %%{ stand for themselves. */
const asLiteral = (text: string): string => text.replace(/[$%](?=\{)/g, '$&$&')

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !Token.isUnresolved(value)
