// What a schema error says to the author: in words of the spec, with a hint.
import { emptySources } from '../schemas/check-sources'
import { findMeant, suggest } from './did-you-mean'
import type { Path, ShapeFlaw } from './flaw'
import { propertiesOf, type SchemaError } from './schema'

type Words = Partial<ShapeFlaw> & Pick<ShapeFlaw, 'message'>

/** Null for an error that another one of the same place says better. */
export function explain(error: SchemaError, path: Path): Words | null {
  if (error.propertyName !== undefined) return explainName(error.propertyName, path)
  const { keyword, params, data, parentSchema } = error
  const name = nameOf(path)
  switch (keyword) {
    case 'additionalProperties': {
      const key = String(params.additionalProperty)
      const known = [...propertiesOf(parentSchema).keys()]
      const more = known.includes('extra') ? '; any other keyword of sshd_config(5) stands under extra' : ''
      const hint = instead(key, known) ?? suggest(key, known) ?? `known here: ${known.join(', ')}${more}`
      return { path: [...path, key], at: 'key', message: `unknown key ${key} in ${name}`, hint }
    }
    case 'required': {
      const key = String(params.missingProperty)
      const wanted = propertiesOf(parentSchema).get(key)
      const values = Array.isArray(wanted?.enum) ? wanted.enum.join(' or ') : firstSentence(wanted?.description)
      const hint = wanted?.const === undefined ? `${key}: ${values}` : `write ${key}: ${wanted.const}`
      return { at: 'key', message: `${name} has no ${key}`, hint }
    }
    case 'enum':
      return explainEnum(name, data, params.allowedValues as readonly (string | null)[])
    case 'const':
      return { message: `${name} must be ${params.allowedValue}`, hint: 'write version: 1', meant: params.allowedValue }
    case 'type':
      return explainType(name, data, [params.type].flat().join(' or '), path)
    case 'minimum':
    case 'maximum': {
      const { minimum, maximum } = parentSchema ?? {}
      const range = maximum === undefined ? `at least ${minimum}` : `from ${minimum} to ${maximum}`
      return { message: `${name} must be ${range}` }
    }
    case 'pattern':
      if (data === '') return parentSchema?.minLength === undefined ? { ...emptyText(name), code: 'empty' } : null
      return {
        message: `${name} does not take "${shorten(String(data))}"`,
        hint: isLabel(path) ? 'one line, without control characters' : patterns[String(path.at(-1))],
      }
    case 'minItems':
      return sourceLists.includes(name) ? { ...emptyText(name), hint: emptySources } : emptyText(name)
    case 'minLength':
      return emptyText(name)
    case 'maxLength':
      return { message: `${name} has more than ${params.limit} characters` }
    case 'maxProperties':
      return { message: `${name} has more than ${params.limit} entries` }
    default:
      return null
  }
}

/** What stands elsewhere under this name. */
const instead = (key: string, known: readonly string[]): string | undefined =>
  key === 'labels' && known.includes('forward')
    ? "labels are the tunnel's: write them beside forwards"
    : ['via', 'proxyJump', 'jump'].includes(key) && known.includes('jumps')
      ? 'jumps: [HOST, ...] are the jump hosts of a tunnel; via of a host is only how we log in there'
      : undefined

/** Lists of who may connect. */
const sourceLists = ['allowFrom', 'from']

const emptyText = (name: string): Words => ({
  message: `${name} must not be empty`,
  hint: 'leave it out if you do not need it',
})

/** What the patterns of the schemas let through, by key. */
const patterns: Readonly<Record<string, string>> = {
  address: 'a host name or an IP address, without port, user, brackets or spaces',
  user: 'a login name: letters, digits, dots, hyphens and underscores',
  owner: 'letters, digits, dots, hyphens and underscores, at most 40',
  hostKey: 'type and base64 on one line, as in /etc/ssh/ssh_host_ed25519_key.pub',
  hostKeyAlias: 'a name as the first word of a line of known_hosts, without pattern characters',
  identityFile: 'a path, without line ends and other control characters',
  becomePasswordEnv: 'the name of an environment variable, never the password itself',
  certificateFile: 'a path, without line ends and other control characters',
  proxyCommand: 'one line, without control characters',
  knownHosts: 'a path, without line ends and other control characters',
  maxStartups: 'START or START:RATE:FULL, for example 10:30:60',
  every: 'at least 15s: 15s, 5min, 1h',
  webhook: 'an address that begins with https:// or http://, or the absolute path of a file that holds one',
}

/** Whether it is what a label says. */
const isLabel = (path: Path) => path.at(-2) === 'labels' && path.length === 4

function explainName(name: string, path: Path): Words {
  const [kind, hint] =
    path.at(-1) === 'labels' && path.length === 3
      ? ['label', 'letters, digits, _ . / and -, at most 63; it starts with a letter and ends with a letter or digit']
      : path[0] === 'hosts'
        ? ['host', 'letters, digits, dots, hyphens and underscores; it starts with a letter or digit']
        : ['tunnel', 'lower case letters, digits and hyphens, at most 28; it starts and ends with a letter or digit']
  const message = name === '' ? `a ${kind} has no name` : `${name} cannot be the name of a ${kind}`
  return { path: [...path, name], at: 'key', code: 'bad-name', message, hint }
}

function explainEnum(name: string, data: unknown, values: readonly (string | null)[]): Words {
  // YAML's null beside "null" is the same word.
  const allowed = values.filter(value => value !== null)
  const message = `${name} must be one of ${allowed.join(', ')}`
  if (data === null) return { message, hint: 'nothing is written here' }
  // YAML 1.2 has only true and false as booleans: yes, no, on and off are text.
  if (allowed.includes('yes') && /^(true|false|on|off)$/i.test(String(data))) {
    return { message, hint: 'write yes or no', meant: /^(true|on)$/i.test(String(data)) ? 'yes' : 'no' }
  }
  const known = synonyms[String(data).toLowerCase()]
  const near = typeof data === 'string' ? findMeant(data, allowed) : null
  const meant = known !== undefined && allowed.includes(known) ? known : near
  return meant === null ? { message } : { message, hint: `did you mean ${meant}?`, meant }
}

/** Other words for what an enum holds. */
const synonyms: Readonly<Record<string, string>> = { https: 'tls', ssl: 'tls' }

const types: Readonly<Record<string, string>> = {
  object: 'a mapping (key: value)',
  array: 'a list',
  string: 'text',
  integer: 'a whole number',
  boolean: 'true or false',
  'string or integer': 'text or a whole number',
  'string or integer or array': 'text, a whole number, or a list of them',
}

function explainType(name: string, data: unknown, type: string, path: Path): Words {
  if (path.length === 0 && data === null) return { message: 'the file is empty', hint: 'it starts with version: 1' }
  const message = `${name} must be ${types[type] ?? type}`
  if (data === null) return { message, hint: 'nothing is written here' }
  if (type === 'boolean' && typeof data === 'string' && /^(yes|no|on|off|true|false)$/i.test(data)) {
    const meant = /^(yes|on|true)$/i.test(data)
    return { message, hint: `write ${meant}, without quotes`, meant }
  }
  if (typeof data === 'boolean' && type.startsWith('string or integer') && path.includes('extra')) {
    const meant = data ? 'yes' : 'no'
    return { message, hint: `write ${meant}, as sshd says it`, meant }
  }
  if (type === 'array' && typeof data === 'string') return { message, hint: `write [${data}]`, meant: [data] }
  if (type === 'integer' && typeof data === 'string' && /^\d+$/.test(data))
    return { message, hint: 'leave out the quotes' }
  if (type === 'object' && path.at(-2) === 'openPorts' && /^\d+$/.test(String(data))) {
    return { message, hint: `- port: ${data}`, meant: { port: Number(data) } }
  }
  if (type === 'string' && path.at(-1) === 'listen') {
    const port = typeof data === 'number' ? data : 8022
    return { message, hint: `ADDRESS:PORT, for example 203.0.113.20:${port}` }
  }
  if (type === 'string' && path.at(-1) === 'far') return { message, hint: 'HOST:PORT, for example server935:22' }
  if (path.at(-1) === 'every') return { message, hint: patterns.every }
  if (type === 'string' && typeof data !== 'object') return { message, hint: `write it in quotes: "${data}"` }
  return { message }
}

/** What a path is called in messages. */
function nameOf(path: Path): string {
  if (path.length === 0) return 'the file'
  if (path.length === 2 && path[0] === 'hosts') return `host ${path[1]}`
  if (path.length === 2 && path[0] === 'tunnels') return `tunnel ${path[1]}`
  const [last, before] = [path.at(-1), path.at(-2)]
  if (isLabel(path)) return `label ${last}`
  return typeof last === 'number' ? `entry ${last + 1} of ${before}` : String(last)
}

function firstSentence(description: unknown): string {
  return String(description ?? '').replace(/[.:;] .*|\.$/, '')
}

function shorten(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 39)}…`
}
