// The tunnel's own system account: it may open its tunnel and nothing else.
import type { Account } from '../../schemas/types'
import { accountMark, ownerOfAccount } from './mark'
import { type Part, stranger } from './part'

export interface AccountAt {
  readonly name: string
  /** Whose account may be removed: nobody else's ever is. */
  readonly owner: string
}

export const account: Part<Account, AccountAt> = {
  kind: 'account',
  needs: ['flock', 'groupdel', 'nologin', 'pgrep', 'pkill', 'useradd', 'userdel'],

  observe(on, at) {
    const found = on.accounts[at.name]
    return found ? { name: at.name, shell: found.shell, owner: ownerOfAccount(found.comment) } : null
  },

  owner(on, at) {
    const found = on.accounts[at.name]
    return found ? ownerOfAccount(found.comment) || stranger : null
  },

  plan(want, have, _on, at) {
    if (!want) {
      return have?.owner === at.owner
        ? [{ why: `remove account ${at.name}`, phase: 'unmake', verb: 'account_remove', args: [at.name] }]
        : []
    }
    const args = [want.name, want.shell, accountMark(want.owner)]
    if (!have) return [{ why: `add account ${want.name}`, phase: 'make', verb: 'account_add', args }]
    if (have.shell === want.shell && have.owner === want.owner) return []
    return [{ why: `set shell and mark of account ${want.name}`, phase: 'make', verb: 'account_set', args }]
  },

  checks(_want, on, at, host) {
    const link = 'name free'
    const theirs = account.owner(on, at)
    if (theirs === null || theirs === at.owner) {
      return [{ link, host, status: 'ok', what: `nobody else has an account ${at.name} on ${host}` }]
    }
    return [
      {
        link,
        host,
        status: 'fail',
        code: 'name-taken',
        what: `${host} already has an account ${at.name}, and it is not ours`,
        evidence:
          theirs === stranger
            ? 'it was not made by cdktf-ssh-tunnels'
            : `it belongs to the same tunnel name of owner ${theirs}`,
        cure: 'give the tunnel another name, or set owner if it is the same tunnel',
      },
    ]
  },
}
