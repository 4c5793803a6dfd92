// A client without root: what a tunnel has there is its login's own, in his home and run by his systemd. Pure, but for who runs this program.
import { isOneMachine, isOurs } from './machine'
import type { Host, Tunnel } from './types'

/** Of a host, as supervisor of service.schema.json: chosen by us where the login is not root, or named. */
export const users = 'systemd-user'

/** Without root, as a client. */
export const isUsers = ({ supervisor }: Pick<Host, 'supervisor'>): boolean => supervisor === users

/** Not as far as is declared; where ssh's own configuration says who logs in, nobody knows. */
function isRoot({ local, user, become, sshConfig }: Host): boolean {
  if (become !== undefined) return true
  if (local) return process.getuid?.() === 0
  return (user ?? 'root') === 'root' || (user === undefined && sshConfig === true)
}

/** As whom a client of this login runs its part of a tunnel: whoever is not root runs his own, unless another supervisor is named. */
export const runsAsUser = (host: Host): boolean =>
  isOurs(host) && (isUsers(host) || (host.supervisor === undefined && !isRoot(host)))

/** Looked at and changed as the user. */
export const asUser = (host: Host): Host => (isUsers(host) ? host : { ...host, supervisor: users })

/** The same host where only root will do: as a server, as a jump host, for its own settings. */
export function asRoot(host: Host): Host {
  const { supervisor, ...rest } = host
  return supervisor === users ? rest : host
}

const known = new WeakMap<Tunnel, Tunnel>()

/**
 * The tunnel with each host as whom it is changed there. A host to itself takes root: there is its sshd. What comes out goes in again and is the same.
 */
export function withLogins<T extends Tunnel>(tunnel: T): T {
  const before = known.get(tunnel)
  if (before) return before as T
  const { client, server, jumps } = tunnel
  const asUsers = runsAsUser(client) && !isOneMachine(client, server)
  const isSame = !asUsers && ![client, server, ...(jumps ?? [])].some(isUsers)
  const after = isSame
    ? tunnel
    : {
        ...tunnel,
        client: asUsers ? asUser(client) : asRoot(client),
        server: asRoot(server),
        ...(jumps && { jumps: jumps.map(asRoot) }),
      }
  known.set(tunnel, after)
  known.set(after, after)
  return after
}
