// Port 0: a free port, which the host that listens chooses once and keeps. Pure.
import { formatEndpoint, parseEndpoint } from './endpoint'
import { type Single, singlesOf } from './forward'
import type { Tunnel } from './types'

/** A forward that listens on port 0. */
export interface OpenForward {
  readonly type: Single['forward']
  /** ADDRESS:0 */
  readonly listen: string
  readonly far: string
}

export interface ChosenPort extends OpenForward {
  readonly port: number
}

export const hasOpenPort = (listen: string): boolean => {
  const endpoint = parseEndpoint(listen)
  return !('error' in endpoint) && endpoint.port === 0
}

/** Those of its forwards that listen on port 0, in their order. */
export const openForwards = (tunnel: Tunnel): readonly OpenForward[] =>
  singlesOf(tunnel)
    .filter(({ listen }) => hasOpenPort(listen))
    .map(({ forward: type, listen, far }) => ({ type, listen, far }))

/** The port of each; undefined where none has been chosen. One that leads elsewhere now keeps the port that it had. */
export function portsOf(open: readonly OpenForward[], chosen: readonly ChosenPort[]): readonly (number | undefined)[] {
  const left = [...chosen]
  const take = (fits: (one: ChosenPort) => boolean) => {
    const index = left.findIndex(fits)
    return index < 0 ? undefined : left.splice(index, 1)[0]?.port
  }
  const same = (a: OpenForward, b: OpenForward) => a.type === b.type && a.listen === b.listen
  const ports = open.map(one => take(other => same(one, other) && one.far === other.far))
  return open.map((one, index) => ports[index] ?? take(other => same(one, other)))
}

/** The tunnel with the ports that were chosen in the place of 0. */
export function withPorts(tunnel: Tunnel, chosen: readonly ChosenPort[]): Tunnel {
  const left = [...portsOf(openForwards(tunnel), chosen)]
  const settle = <Listens extends { readonly listen?: string; readonly far?: string }>(one: Listens): Listens => {
    if (one.listen === undefined || one.far === undefined || !hasOpenPort(one.listen)) return one
    const port = left.shift()
    return port === undefined ? one : { ...one, listen: withPort(one.listen, port) }
  }
  return tunnel.forwards ? { ...tunnel, forwards: tunnel.forwards.map(settle) } : settle(tunnel)
}

/** The tunnel with this port wherever it listens on port 0. */
export const withEveryPort = (tunnel: Tunnel, port: number): Tunnel =>
  withPorts(
    tunnel,
    openForwards(tunnel).map(one => ({ ...one, port })),
  )

function withPort(listen: string, port: number): string {
  const endpoint = parseEndpoint(listen)
  return 'error' in endpoint ? listen : formatEndpoint({ host: endpoint.host, port })
}

/** As a host keeps it, and a state shows it. */
export const formatChosen = ({ port, type, listen, far }: ChosenPort): string => `${port} ${type} ${listen} ${far}`

/** The way back; null for a line of another form. */
export function parseChosen(line: string): ChosenPort | null {
  const [, port = '', type, listen = '', far = ''] =
    /^([1-9]\d{0,4}) (local|remote|dynamic) (\S+) (\S+)$/.exec(line) ?? []
  return type && Number(port) <= 65535 ? { port: Number(port), type: type as Single['forward'], listen, far } : null
}
