// The tunnels of a spec as one picture groups them: by who listens, and there by who dials, so that no two lines cross. Pure.
import type { Route } from '../../engine'

/** Tunnels that listen on one host. */
export interface Listening {
  readonly host: string
  readonly dialling: readonly Dialling[]
}

/** Of those the ones that go on to one host through ssh; null: the host that listens dials far itself. */
export interface Dialling {
  readonly host: string | null
  readonly routes: readonly Route[]
}

export function groupRoutes(routes: readonly Route[]): Listening[] {
  return groupBy(routes, ({ listens }) => listens.host).map(([host, some]) => ({
    host,
    dialling: groupBy(some, ({ ssh, dials }) => (ssh ? dials : null)).map(([dials, routes]) => ({
      host: dials,
      routes,
    })),
  }))
}

/** In the order in which each key is first met. */
function groupBy<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): [Key, Item[]][] {
  const groups = new Map<Key, Item[]>()
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item])
  return [...groups]
}

/** Who may connect, a line each; of many the first. */
export function visitorLines({ visitors, listens }: Route): string[] {
  if (visitors === null) return ['anybody']
  if (visitors.length === 0) return [`${listens.host} itself`]
  return visitors.length > 3 ? [...visitors.slice(0, 2), `and ${visitors.length - 2} more`] : [...visitors]
}

/** The port at which far is dialled; of a dynamic forward who names it. */
export const portWords = ({ far }: Route): string =>
  far.address === null ? 'SOCKS' : far.port === null ? 'socket' : `:${far.port}`

/** The port to which visitors come. */
export const listenWords = ({ listens }: Route): string => (listens.port === null ? 'socket' : `:${listens.port}`)

/** Whom far sees, in few words. */
export const senderWords = ({ isInside, far, dials, sender }: Route): string =>
  isInside ? `on ${far.host}, sees ${sender}` : `sees ${dials}`

/** Who begins the encrypted link, and the port of the sshd at its other end, in the direction of the picture. */
export function sshWords({ ssh, dials }: Route): string {
  const port = /:\d+$/.exec(ssh?.dialled ?? '')?.[0] ?? ''
  return ssh?.client === dials ? `${port} <- ssh` : `ssh -> ${port}`
}

/** The jump hosts that it goes over, in its direction; empty for none. */
export function overWords({ ssh, dials }: Route): string {
  const hosts = (ssh?.jumps ?? []).map(({ host }) => host)
  const inOrder = ssh?.client === dials ? [...hosts].reverse() : hosts
  return hosts.length > 0 ? `over ${inOrder.join(', ')}` : ''
}
