// What -L, -R and -D take, as OpenSSH's parse_forward reads it (readconf.c), and the slash form that ssh took until 6.6. Pure.
import { type Address, formatAddress } from '../../schemas/address'
import type { Said } from './source'

export type ForwardType = 'local' | 'remote' | 'dynamic'

export interface HandForward {
  /** -R with a listener alone is dynamic too: `by` then is the server. */
  readonly type: ForwardType
  /** Which end listens. */
  readonly by: 'client' | 'server'
  /** `host` is null where none was written: loopback, unless GatewayPorts says otherwise; '*' is every address. */
  readonly listen: Listen
  /** Null for a dynamic forward: who connects says where to. */
  readonly far: Address | null
  /** Whether it was written with slashes, which today's ssh refuses. */
  readonly isSlashed: boolean
}

export type Listen =
  | { readonly kind: 'tcp'; readonly host: string | null; readonly port: number }
  | { readonly kind: 'socket'; readonly path: string }

interface Field {
  readonly text: string
  readonly start: number
  readonly isPath: boolean
}

/** `at` is where in the text it is wrong. */
export type WrongForward = Said & { readonly at: readonly [start: number, length: number] }

export const flags = { local: '-L', remote: '-R', dynamic: '-D' } as const

const shapes = {
  local: '[ADDRESS:]PORT:HOST:PORT, or the path of a socket on either side',
  remote: '[ADDRESS:]PORT:HOST:PORT, [ADDRESS:]PORT alone for a dynamic one, or the path of a socket on either side',
  dynamic: '[ADDRESS:]PORT',
} as const

export function readForward(written: ForwardType, text: string): HandForward | WrongForward {
  const isSlashed = /^(?:[^/:\s]*\/)?\d{1,5}\/[^/:\s]+\/\d{1,5}$/.test(text) && written !== 'dynamic'
  const fields = split(text, isSlashed ? '/' : ':')
  const wrong = (message: string, field?: Field): WrongForward => ({
    code: 'bad-forward',
    message,
    hint: `${flags[written]} takes ${shapes[written]}`,
    at: field ? [field.start, Math.max(1, field.text.length)] : [0, text.length],
  })
  if (!fields) return wrong(`${flags[written]} ${text} has a bracket that ends nowhere`)
  const [first, second, third, fourth] = fields
  if (!first) return wrong(`${flags[written]} has nothing to forward`)
  const bare: Field | undefined = undefined
  // The fields by where they stand: listen address, listen port or path, far host, far port or path.
  const [host, port, far, farPort] = ((): readonly (Field | undefined)[] => {
    if (fields.length === 1) return [bare, first, bare, bare]
    if (fields.length === 2)
      return first.isPath || second?.isPath ? [bare, first, bare, second] : [first, second, bare, bare]
    if (fields.length === 3) {
      if (first.isPath) return [bare, first, second, third]
      return third?.isPath ? [first, second, bare, third] : [bare, first, second, third]
    }
    return [first, second, third, fourth]
  })()
  if (fields.length > 4 || !port) return wrong(`${flags[written]} ${text} has more than four fields`)
  if (!farPort && written === 'local')
    return wrong(`${flags.local} ${text} says where to listen and not where it leads`)
  const listen = port.isPath ? ({ kind: 'socket', path: port.text } as const) : toListen(host, port)
  if (!listen) return wrong(sayPort(port.text, 'to listen on'), port)
  const by = written === 'remote' ? ('server' as const) : ('client' as const)
  if (listen.kind === 'tcp' && listen.port === 0 && by === 'client') {
    return wrong('ssh has no port 0 to listen on at its own end', port)
  }
  if (!farPort) return { type: 'dynamic', by, listen, far: null, isSlashed }
  if (written === 'dynamic')
    return wrong('a dynamic forward leads where its visitors say: it has no far of its own', far ?? farPort)
  if (farPort.isPath) return { type: written, by, listen, far: { kind: 'socket', path: farPort.text }, isSlashed }
  if (far && far.text === '') return wrong('there is no host to lead to', farPort)
  const number = toPort(farPort.text)
  if (!far || number === null || number === 0) return wrong(sayPort(farPort.text, 'to lead to'), farPort)
  return { type: written, by, listen, far: { kind: 'tcp', host: far.text, port: number }, isSlashed }
}

/** As ssh takes it behind its flag, with colons. */
export function writeForward({ listen, far }: Pick<HandForward, 'listen' | 'far'>): string {
  const bracketed = (host: string) => (host.includes(':') ? `[${host}]` : host)
  const here =
    listen.kind === 'socket'
      ? listen.path
      : [...(listen.host === null ? [] : [bracketed(listen.host)]), listen.port].join(':')
  return far ? `${here}:${formatAddress(far)}` : here
}

export const flagOfForward = (forward: Pick<HandForward, 'type' | 'by'>): string =>
  forward.type === 'dynamic' && forward.by === 'server' ? flags.remote : flags[forward.type]

function toListen(host: Field | undefined, port: Field): Listen | null {
  const number = toPort(port.text)
  if (number === null) return null
  // ssh(1): an empty address means every one.
  return { kind: 'tcp', host: host ? host.text || '*' : null, port: number }
}

function toPort(text: string): number | null {
  const named = services[text]
  if (named !== undefined) return named
  return /^\d{1,5}$/.test(text) && Number(text) <= 65535 ? Number(text) : null
}

/** a2port() takes names of services(5) too; these are the same everywhere. */
const services: Readonly<Record<string, number>> = {
  ...{ ssh: 22, smtp: 25, domain: 53, http: 80, pop3: 110, imap2: 143, imap: 143, ldap: 389, https: 443, ldaps: 636 },
  ...{ rsync: 873, imaps: 993, pop3s: 995, mysql: 3306, postgresql: 5432, 'http-alt': 8080 },
}

const sayPort = (text: string, what: string) => `${text === '' ? 'nothing' : text} is no port ${what} (1 to 65535)`

function split(text: string, separator: ':' | '/'): Field[] | null {
  const fields: Field[] = []
  let at = 0
  for (;;) {
    const start = at
    if (text[at] === '[') {
      const close = text.indexOf(']', at)
      if (close < 0 || (text[close + 1] ?? separator) !== separator) return null
      const inner = text.slice(at + 1, close)
      fields.push({ text: inner, start: start + 1, isPath: inner.includes('/') })
      at = close + 1
    } else {
      let field = ''
      while (at < text.length && text[at] !== separator) {
        if (text[at] === '\\') at++
        field += text[at++] ?? ''
      }
      fields.push({ text: field, start, isPath: separator === ':' && field.includes('/') })
    }
    if (at >= text.length) return fields
    at++
    // A separator at the end opens no field.
    if (at >= text.length) return fields
  }
}
