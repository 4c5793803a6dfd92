// One end of a forward, where somebody listens or what is dialled: a TCP endpoint or a unix socket, as ssh(1) takes them. Pure.
import { formatEndpoint, parseEndpoint } from './endpoint'

export type Address =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  /** `path` is absolute: that is how ssh tells it from a host. */
  | { readonly kind: 'socket'; readonly path: string }

/** Reads what validation has let through: throws an Error for anything else. */
export function parseAddress(text: string): Address {
  if (isSocket(text)) {
    const wrong = wrongInPath(text)
    if (wrong === null) return { kind: 'socket', path: text }
    throw new Error(`${JSON.stringify(text)} ${wrong}`)
  }
  const parsed = parseEndpoint(text)
  if ('error' in parsed) throw new Error(`${text}: ${parsed.error}`)
  return { kind: 'tcp', ...parsed }
}

/** HOST:PORT with brackets around IPv6, or the path. */
export const formatAddress = (address: Address): string =>
  address.kind === 'socket' ? address.path : formatEndpoint(address)

/** As ssh tells it; /110 is the old slash form of a port that has no host. */
export const isSocket = (text: string): boolean => text.startsWith('/') && !/^\/\d+$/.test(text)

/** Bytes, of which Linux keeps one for the end (unix(7)). */
const longest = 107

/**
 * What keeps a path from being one; null for nothing. It goes into a unit, the command line of ssh and sshd_config, where a colon divides, a percent
 * sign and a dollar are expanded, and brackets mean something; two texts for one path nobody could compare.
 */
export function wrongInPath(path: string): string | null {
  if (path.length > longest) return `is longer than a socket's path may be: ${path.length} bytes, of at most ${longest}`
  const segments = path.split('/').slice(1)
  if (segments.some(one => one === '' || one === '.' || one === '..'))
    return 'is not the shortest text for its path: no //, /./, /../ and no / at its end'
  const odd = path.replace(/[A-Za-z0-9._@+,=/-]/g, '')
  return odd === ''
    ? null
    : `has ${JSON.stringify(odd.slice(0, 1))} in its path, which ssh or sshd would read otherwise`
}

export const folderOfSocket = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/'
