// Which ports are chosen for a tunnel that listens on port 0, and what of it is not known before they are. Pure.
import { formatChosen, type OpenForward, openForwards, portsOf, withEveryPort } from '../../schemas/chosen-port'
import { loginId } from '../../schemas/machine'
import type { Host, Tunnel } from '../../schemas/types'
import { writeMark } from '../parts/mark'
import { knownAfterApply } from '../parts/part'
import * as paths from '../parts/paths'
import { textOfChosen } from '../parts/ports'
import type { Chain } from './chain'
import type { Derived, Known, Placed } from './placed'

/** On each of the hosts, so that one whose forward has turned round goes from where it was. */
export function ports(tunnel: Tunnel, chain: Chain, known: Known): Placed[] {
  const { client, server, together } = chain
  return [
    portsOn(client, 'ports', tunnel, chain, known),
    ...(together ? [] : [portsOn(server, 'serverPorts', tunnel, chain, known)]),
  ]
}

function portsOn(host: Host, attribute: string, tunnel: Tunnel, chain: Chain, known: Known): Placed {
  const { name, owner, account, client, server, together } = chain
  const listensOn = (type: OpenForward['type']) => (type === 'remote' ? server : client)
  const here = openForwards(tunnel).filter(({ type }) => together || loginId(listensOn(type)) === loginId(host))
  const found = portsOf(here, known.ports ?? [])
  const chosen = here.flatMap((one, index) => {
    const port = found[index]
    return port === undefined ? [] : [{ ...one, port }]
  })
  const open = here.filter((_one, index) => found[index] === undefined)
  const path = `${paths.folderOf(name, host)}/ports`
  const text = textOfChosen(writeMark({ tunnel: name, owner, notes: {} }), chosen)
  return {
    kind: 'ports',
    attribute,
    host,
    round: 0,
    at: { path, owner, account, text, open },
    want: here.length > 0 ? { path, chosen: open.length > 0 ? knownAfterApply : chosen.map(formatChosen) } : null,
  }
}

/** Whatever says the port is not known before it is: that is what differs between one port and another. */
export function withoutPort(tunnel: Tunnel, deriveWith: (tunnel: Tunnel) => Derived): Derived {
  const [one, other] = [deriveWith(tunnel), deriveWith(withEveryPort(tunnel, 65535))]
  const placed = one.placed.map((part, index) => {
    const wanted = other.placed[index]?.want
    if (!part.want || !wanted || textOf(part.want) === textOf(wanted)) return part
    return { ...part, want: vague(part.want, wanted), waitsForPort: true } as Placed
  })
  return { ...one, placed, outputs: vague(one.outputs, other.outputs), listening: [], unchosen: one.listening }
}

const vague = <Values extends object>(one: Values, other: object): Values =>
  Object.fromEntries(
    Object.entries(one).map(([name, value]) => [
      name,
      textOf(value) === textOf((other as Record<string, unknown>)[name]) ? value : knownAfterApply,
    ]),
  ) as Values

const textOf = (value: unknown) => JSON.stringify([value], (_key, inner) => (inner === knownAfterApply ? '?' : inner))
