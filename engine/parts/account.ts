// The tunnel's own system account: it may open its tunnel and nothing else.
import type { Account } from '../../schemas/types'
import type { Part } from './part'

export interface AccountAt {
  readonly name: string
  /** Whose account may be removed: nobody else's ever is. */
  readonly owner: string
}

const mark = 'ssh-tunnels '

export const account: Part<Account, AccountAt> = {
  kind: 'account',

  observe(on, at) {
    const found = on.accounts[at.name]
    if (!found) return null
    // An account without our mark belongs to somebody else: no owner of ours is ever empty.
    const owner = found.comment.startsWith(mark) ? found.comment.slice(mark.length) : ''
    return { name: at.name, shell: found.shell, owner }
  },

  plan(want, have, _on, at) {
    if (!want) {
      return have?.owner === at.owner
        ? [{ why: `remove account ${at.name}`, phase: 'unmake', verb: 'account_remove', args: [at.name] }]
        : []
    }
    const args = [want.name, want.shell, mark + want.owner]
    if (!have) return [{ why: `add account ${want.name}`, phase: 'make', verb: 'account_add', args }]
    if (have.shell === want.shell && have.owner === want.owner) return []
    return [{ why: `set shell and mark of account ${want.name}`, phase: 'make', verb: 'account_set', args }]
  },
}
