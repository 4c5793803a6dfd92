// The way to a host that is behind others: each jump host is met as any host is, once, and stands in the spec under a name of its own.
import type { Host, Jump } from '../../schemas/types'
import { readLogin } from '../read-login'
import { noJump } from './judge-flags'
import { meetJump, type Wish } from './meet'

export interface Jumps {
  /**
   * Logins, nearest first; `middle` stands for the host that opens the port. Rejects as `meet` does.
   * @throws WrongJump
   */
  meet(way: readonly string[], middle: Host | null): Promise<Jump[]>
}

export class WrongJump extends Error {}

export function makeJumps(wish: Wish): Jumps {
  const met = new Map<string, Jump>()
  return {
    async meet(way, middle) {
      const jumps: Jump[] = []
      for (const text of way) {
        if (text === 'middle' && middle) jumps.push(...asJumps(middle))
        else {
          const login = readLogin(text)
          if (!login) throw new WrongJump(noJump(text))
          const there = met.get(text)
          const name = there?.name ?? (met.size === 0 ? 'bastion' : `bastion-${met.size + 1}`)
          const jump = there ?? (await meetJump({ ...login, name, via: jumps }, wish))
          met.set(text, jump)
          jumps.push(jump)
        }
      }
      return jumps.filter(({ name }, at) => jumps.findIndex(one => one.name === name) === at)
    },
  }
}

/** The host itself, behind those that lead to it. */
export const asJumps = ({ name, address = '', port, user, hostKey, identityFile, via = [] }: Host): Jump[] => [
  ...via,
  JSON.parse(JSON.stringify({ name, address, port, user, hostKey, identityFile })) as Jump,
]
