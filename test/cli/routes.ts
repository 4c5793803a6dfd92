// Tunnels to draw: every kind, many on shared hosts, and texts that no spec would let through.
import type { Route } from '../../engine'

type Short = Partial<Route> & { readonly name: string }

/** A remote forward from near through middle, but for what is said otherwise. */
export const route = (one: Short): Route => ({
  visitors: null,
  listens: { host: 'middle', address: '203.0.113.20', port: 8080, endpoint: '203.0.113.20:8080' },
  ssh: { client: 'near', server: 'middle', dialled: '203.0.113.20:22' },
  dials: 'near',
  far: { address: '127.0.0.1', port: 80, endpoint: '127.0.0.1:80', host: 'near' },
  isInside: true,
  sender: '127.0.0.1',
  ...one,
})

const lan = (name: string, port: number) => ({ address: name, port, endpoint: `${name}:${port}`, host: null })
const v6 = '2001:db8:1234:5678:9abc:def0:1234:5678'

export const everyKind: readonly Route[] = [
  route({ name: 'web' }),
  route({
    name: 'itself',
    ssh: null,
    dials: 'middle',
    far: lan('server935', 22),
    isInside: false,
    visitors: ['198.51.100.0/24'],
  }),
  route({
    name: 'wiki',
    dials: 'office',
    ssh: { client: 'office', server: 'middle', dialled: '203.0.113.20:2222' },
    far: lan('wiki.lan', 80),
    isInside: false,
  }),
  route({
    name: 'into-far',
    dials: 'far',
    ssh: { client: 'middle', server: 'far', dialled: '192.0.2.130:22' },
    visitors: ['198.51.100.0/24', '198.51.101.0/24', '10.0.0.0/8', '172.16.0.0/12', `${v6}/64`],
  }),
  route({
    name: 'a-name-of-28-characters-long',
    listens: { host: 'middle', address: v6, port: 65535, endpoint: `[${v6}]:65535` },
  }),
  route({
    name: 'db',
    listens: { host: 'near', address: '127.0.0.1', port: 5432, endpoint: '127.0.0.1:5432' },
    visitors: [],
    ssh: { client: 'near', server: 'middle', dialled: '203.0.113.20:22' },
    dials: 'middle',
    far: lan(`${'a'.repeat(60)}.${'b'.repeat(60)}.example.org`, 65535),
    isInside: false,
  }),
]

/** Sixty tunnels of twenty clients through three relays. */
export const many: readonly Route[] = Array.from({ length: 60 }, (_, at) => {
  const [client, server] = [`client-${at % 20}`, `relay-${at % 3}`]
  const endpoint = `203.0.113.${at % 3}:${8000 + at}`
  return route({
    name: `tunnel-${at}`,
    listens: { host: server, address: `203.0.113.${at % 3}`, port: 8000 + at, endpoint },
    ssh: { client, server, dialled: `203.0.113.${at % 3}:22` },
    dials: client,
    far: lan(`service-${at}.lan`, 80),
    isInside: false,
  })
})

const evil = '"><script>document.title="!"</script>&amp;\u0007\u202e]]>\ufffe`#quot;%%{init}%%\n end'

export const hostile: readonly Route[] = [
  route({
    name: evil,
    listens: { host: evil, address: evil, port: 1, endpoint: evil },
    ssh: { client: evil, server: evil, dialled: evil },
    dials: `${evil}2`,
    visitors: [evil, evil],
    far: { address: evil, port: 2, endpoint: evil, host: evil },
    sender: evil,
  }),
]
