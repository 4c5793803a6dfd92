// What a user declares, a tunnel or a middle, and the parts that it derives to.
import { eachLogin } from '../../schemas/machine'
import type { Host, Middle, Tunnel } from '../../schemas/types'
import { hostsOwn } from '../parts/mark'
import { deriveMiddle } from './middle'
import type { Derived, Known } from './placed'
import { deriveTunnel } from './tunnel'

export type Declared =
  | { readonly type: 'tunnel'; readonly input: Tunnel }
  | { readonly type: 'middle'; readonly input: Middle }

export const derive = (declared: Declared, known: Known): Derived =>
  declared.type === 'tunnel' ? deriveTunnel(declared.input, known) : deriveMiddle(declared.input)

/** Its hosts, each once. */
export function hostsOf(declared: Declared): Host[] {
  const hosts = declared.type === 'tunnel' ? [declared.input.client, declared.input.server] : [declared.input.host]
  return eachLogin(hosts)
}

/** Under what name its parts stand on the hosts. */
export const nameOf = ({ type, input }: Declared): string => (type === 'tunnel' ? input.name : hostsOwn)
