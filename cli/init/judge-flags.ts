// What is wrong with the answers that flags give, all of it, before any host is met. Pure.
import { isAddress, isLoopback, parseEndpoint } from '../../schemas/endpoint'
import type { Host } from '../../schemas/types'
import { readLogin } from '../read-login'
import { type Question, readAllowFrom, readFrom, readListen, readMiddle, readWay } from './answers'
import { judge } from './judge'

export type Flag = Question | 'name' | 'via'

/** In the place of a middle whose addresses nobody has asked for yet. */
const someAddress = '192.0.2.1'

/** A sentence each. What only the hosts tell, as which addresses middle has, is judged later. */
export function judgeFlags(given: (flag: Flag) => string | undefined): string[] {
  const [login, where, listens, who] = [given('middle'), given('from'), given('listen'), given('allow-from')]
  const [named, from] = [readMiddle(login ?? someAddress), readFrom(where ?? 'middle')]
  const middle = standIn(named?.host, listens)
  const listen = listens === undefined ? undefined : readListen(listens, middle.address ?? someAddress)
  const of = (answers: Omit<Parameters<typeof judge>[0], 'middle'>) => judge({ middle, ...answers })
  const wrongListen = listen === undefined ? [] : of({ listen })
  const [far, name] = [given('far'), given('name')]
  const near = from?.kind === 'host' ? from : null
  return [
    ...new Set([
      ...(named ? judge({ middle: named.host }) : [noMiddle(login ?? '')]),
      ...(from ? [] : [noFrom(where ?? '')]),
      ...(near ? of({ near: near.host }) : []),
      ...[named?.via, near?.via, readWay(given('via') ?? '')].flatMap(way => (way ?? []).flatMap(judgeJump)),
      ...(far === undefined ? [] : of({ far })),
      ...wrongListen,
      ...(who === undefined ? [] : judgeWho(who, middle, wrongListen.length === 0 ? listens : undefined)),
      ...(name === undefined ? [] : of({ name })),
    ]),
  ]
}

export const noMiddle = (text: string): string => `${text} is no login; as in root@203.0.113.20:22`
export const noFrom = (text: string): string =>
  `${text} is neither here nor middle, nor a login as in admin@192.0.2.140`
export const noJump = (text: string): string => `${text} is no jump host; as in root@203.0.113.30:22, or middle`

const judgeJump = (text: string): string[] => (text === 'middle' || readLogin(text) ? [] : [noJump(text)])

/** Of which family middle's address is may be unknown: then each is judged by an address of its own. */
function judgeWho(who: string, middle: Host, listens: string | undefined): string[] {
  const allowFrom = readAllowFrom(who)
  const port = listens ?? '8080'
  const isKnown = middle.address !== someAddress || !/^\d+$/.test(port)
  if (allowFrom === null || isKnown)
    return judge({ middle, allowFrom, listen: readListen(port, middle.address ?? someAddress) })
  return allowFrom.flatMap(one => {
    const address = one.includes(':') ? '2001:db8::1' : someAddress
    return judge({ middle: { ...middle, address }, allowFrom: [one], listen: readListen(port, address) })
  })
}

/** It may have the address on which it is to listen. */
function standIn({ address = '' }: Partial<Host> = {}, listens = ''): Host {
  const endpoint = parseEndpoint(listens)
  const host = 'error' in endpoint ? '' : endpoint.host
  const isItsOwn = isPublic(host) && !['0.0.0.0', '::'].includes(host)
  const own = isPublic(address) ? address : someAddress
  return { name: 'middle', address: own, ...(isItsOwn && host !== own && { addresses: [host] }) }
}

const isPublic = (host: string): boolean => isAddress(host) && !isLoopback(host)
