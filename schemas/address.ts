// One end of a forward, where somebody listens or what is dialled: a TCP endpoint or a unix socket, as ssh(1) takes them. Pure.
import { formatEndpoint, parseEndpoint } from './endpoint'

export type Address =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  /** `path` is absolute: that is how ssh tells it from a host. */
  | { readonly kind: 'socket'; readonly path: string }

/** Reads what validation has let through: throws an Error for anything else. */
export function parseAddress(text: string): Address {
  if (text.startsWith('/') && !/[\s\p{Cc}]/u.test(text)) return { kind: 'socket', path: text }
  const parsed = parseEndpoint(text)
  if ('error' in parsed) throw new Error(`${text}: ${parsed.error}`)
  return { kind: 'tcp', ...parsed }
}

/** HOST:PORT with brackets around IPv6, or the path. */
export const formatAddress = (address: Address): string =>
  address.kind === 'socket' ? address.path : formatEndpoint(address)
