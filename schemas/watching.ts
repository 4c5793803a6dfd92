// From which of its hosts a tunnel is proved again and again, and what that host can tell. Pure.
import { listeningHost } from './check-listen'
import type { Single } from './forward'
import { isOneMachine } from './machine'
import type { Host } from './types'

/** How long after one proof the next is taken. */
export const everyOf = ({ watch }: Pick<Single, 'watch'>): string => watch?.every ?? '60s'

/** As `watch` says; else the client, which has systemd. Of one machine with itself there is one host. */
export const watchingHost = ({ watch, client, server }: Single): Host =>
  watch?.on === 'server' && !isOneMachine(client, server) ? server : client

/** Whether it comes to the public port as visitors do, through the firewall of the host that listens. */
export const comesThroughFirewall = (tunnel: Single): boolean =>
  !isOneMachine(tunnel.client, tunnel.server) && watchingHost(tunnel) !== listeningHost(tunnel)

/** Whether its own ssh or sshd dials far, so that it sees whether far has taken a connection. */
export const seesFar = (tunnel: Single): boolean =>
  isOneMachine(tunnel.client, tunnel.server) || watchingHost(tunnel) !== listeningHost(tunnel)
