// What a user declares, a tunnel or a middle, and the parts that it derives to.
import { asRoot, withLogins } from '../../schemas/as-user'
import { hostsOfTunnel } from '../../schemas/jumps'
import { eachLogin, isOurs } from '../../schemas/machine'
import type { Host, Middle, Tunnel } from '../../schemas/types'
import { hostsOwn } from '../parts/mark'
import { deriveMiddle } from './middle'
import type { Derived, Known } from './placed'
import { deriveTunnel } from './tunnel'

export type Declared =
  | { readonly type: 'tunnel'; readonly input: Tunnel }
  | { readonly type: 'middle'; readonly input: Middle }

/** As the engine takes it: each host as whom it is changed there. */
export const asDeclared = (declared: Declared): Declared =>
  declared.type === 'tunnel'
    ? { type: 'tunnel', input: withLogins(declared.input) }
    : { type: 'middle', input: { ...declared.input, host: asRoot(declared.input.host) } }

const derived = new WeakMap<Declared, Map<string, Derived>>()

/** What is declared never changes, and is asked about again and again. */
export function derive(declared: Declared, known: Known): Derived {
  const key = JSON.stringify({ ...known, itself: known.itself?.toString() })
  const before = derived.get(declared) ?? new Map<string, Derived>()
  derived.set(declared, before)
  const there = before.get(key)
  if (there) return there
  const anew = declared.type === 'tunnel' ? deriveTunnel(declared.input, known) : deriveMiddle(declared.input)
  before.set(key, anew)
  return anew
}

/** Those of its hosts that are ours, to look at and to change; each once. */
export function hostsOf(declared: Declared): Host[] {
  const hosts = declared.type === 'tunnel' ? hostsOfTunnel(declared.input) : [declared.input.host]
  return eachLogin(hosts.filter(isOurs))
}

/** Under what name its parts stand on the hosts. */
export const nameOf = ({ type, input }: Declared): string => (type === 'tunnel' ? input.name : hostsOwn)
