// Whether a line can run where it is typed: -L listens on the machine that runs ssh, and that machine has its own addresses only. Pure.
import { isAddress, isLoopback, isWildcard, sameHost } from '../../schemas/endpoint'
import { type ByHand, commandOfHand, type Where } from './by-hand'
import { type HandForward, writeForward } from './forward-spec'
import { type Login, writeLogin } from './login'
import { quoteWord } from './shell-words'

/** What is known of the machine on which it is typed; null is not known. */
export interface Here {
  readonly addresses: readonly string[] | null
  /** The addresses that the destination's name leads to. */
  readonly destination: readonly string[] | null
}

export interface Misplaced extends Where {
  readonly forward: HandForward
  /** The address that it would listen on. */
  readonly address: string
  /** destination: it is the address of the host that ssh would log in to. elsewhere: of a machine that is neither. */
  readonly owner: 'destination' | 'elsewhere'
  readonly says: string
  /** How one gets to where it can run, and what to type there. */
  readonly instead: { readonly login: string; readonly command: string }
  /** The same listener made from here, where here reaches far. */
  readonly orElse: { readonly command: string; readonly needs: string } | null
}

/** Forwards that listen on an address of another machine. What is not known is no finding. */
export function findMisplaced(hand: ByHand, here: Here): Misplaced[] {
  return hand.forwards.flatMap(forward => {
    const { by, listen } = forward
    if (by !== 'client' || listen.kind !== 'tcp' || listen.host === null) return []
    const address = listen.host
    if (!isAddress(address) || isLoopback(address) || isWildcard(address)) return []
    if (here.addresses?.some(own => sameHost(own, address))) return []
    const theirs = [hand.destination.host, ...(here.destination ?? [])]
    if (theirs.some(one => sameHost(one, address))) return [misplace(hand, forward, address, 'destination')]
    return here.addresses ? [misplace(hand, forward, address, 'elsewhere')] : []
  })
}

function misplace(
  hand: ByHand,
  forward: ByHand['forwards'][number],
  address: string,
  owner: Misplaced['owner'],
): Misplaced {
  const { file, line, column } = forward
  const isDestination = owner === 'destination'
  const { user, port } = hand.destination
  const there: Login = isDestination ? { host: address, user, port } : { host: address, user: null, port: null }
  const says = isDestination
    ? `${address} is an address of the host that ssh logs in to. -L listens on the machine that runs ssh, so this can only run there: here ssh says "bind: Cannot assign requested address"`
    : `${address} is no address of this machine. -L listens on the machine that runs ssh, so this can only run where that address is`
  // On the middle ssh goes to its own sshd, or on to where it went before.
  const atHome = { ...hand, destination: { ...hand.destination, written: '127.0.0.1', host: '127.0.0.1' }, jumps: [] }
  const command = commandOfHand(isDestination ? atHome : hand, [forward])
  return {
    ...{ file, line, column, forward, address, owner, says },
    instead: { login: sshTo(there, isDestination ? hand.jumps : []), command },
    orElse: isDestination && forward.type === 'local' ? fromHere(hand, forward) : null,
  }
}

const sshTo = (login: Login, jumps: readonly Login[]): string =>
  [
    'ssh',
    ...(jumps.length > 0 ? [`-J ${quoteWord(jumps.map(writeLogin).join(','))}`] : []),
    ...(login.port === null || login.port === 22 ? [] : [`-p ${login.port}`]),
    quoteWord(writeLogin({ ...login, port: null })),
  ].join(' ')

function fromHere(hand: ByHand, forward: ByHand['forwards'][number]): Misplaced['orElse'] {
  const remote = { ...forward, type: 'remote', by: 'server' } as const
  const { listen, far } = forward
  const isPrivileged = listen.kind === 'tcp' && listen.port < 1024
  const dialled = far?.kind === 'tcp' ? `${writeForward({ listen: { ...far, kind: 'tcp' }, far: null })}` : 'far'
  const needs = [
    `this machine has to reach ${dialled} itself`,
    `GatewayPorts clientspecified in that host's sshd_config`,
    ...(isPrivileged ? ["root's login there, for the port is below 1024"] : []),
  ].join('; ')
  return { command: commandOfHand(hand, [remote]), needs }
}
