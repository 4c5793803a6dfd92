// The tunnel's own system account: it may open its tunnel and nothing else.
import type { Account } from '../../schemas/types'
import { type Check, ok } from './check'
import { accountMark, ownerOfAccount, readMark } from './mark'
import { type Part, type Step, stranger, type Wanted } from './part'
import type { Snapshot } from './snapshot'

export interface AccountAt {
  readonly name: string
  /** Whose account may be removed: nobody else's ever is. */
  readonly owner: string
  /** For an account that is logged in to: the tunnel, and the drop-in that keeps `systemd --user` from being started for it. */
  readonly unmanaged?: { readonly tunnel: string; readonly text: string }
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

  ownedBy: (_on, at) => `account ${at.name}`,

  plan(want, have, on, at) {
    if (!want) {
      const ours: Step[] =
        have?.owner === at.owner
          ? [{ why: `remove account ${at.name}`, phase: 'unmake', verb: 'account_remove', args: [at.name] }]
          : []
      return [...ours, ...manage(on, at)]
    }
    const args = [want.name, want.shell, accountMark(want.owner)]
    if (!have) {
      return [{ why: `add account ${want.name}`, phase: 'make', verb: 'account_add', args }, ...leaveUnmanaged(on, at)]
    }
    const same = have.shell === want.shell && have.owner === want.owner
    const set: Step[] = same
      ? []
      : [{ why: `set shell and mark of account ${want.name}`, phase: 'make', verb: 'account_set', args }]
    return [...set, ...leaveUnmanaged(on, at)]
  },

  checks(want, on, at, host) {
    const link = 'name free'
    const theirs = account.owner(on, at)
    if (theirs === null || theirs === at.owner) {
      return [
        { link, host, status: 'ok', what: `nobody else has an account ${at.name} on ${host}` },
        stands(want, on, at, host),
      ]
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

  explain(want, at) {
    const line = {
      text: `${at.name}: shell ${String(want.shell)}, comment "${accountMark(at.owner)}"`,
      why: 'a system account with no password and no shell: it can hold a forward and nothing else; its comment says whose it is',
      page: 'useradd(8)',
    }
    const unmanaged = {
      text: `ConditionPathExists in a drop-in of user@UID.service`,
      why: 'systemd --user, which would be started for each login, has nothing to do for a tunnel; the user ID is known once the account is',
      page: 'user@.service(5)',
    }
    return {
      what: `account ${at.name}`,
      why: at.unmanaged ? 'who logs in for this tunnel, and for nothing else' : 'as whom ssh runs here',
      lines: at.unmanaged ? [line, unmanaged] : [line],
    }
  },
}

function stands(want: Wanted<Account>, on: Snapshot, { name }: AccountAt, host: string): Check {
  const asked = { link: 'name free', host } as const
  const found = on.accounts[name]
  if (found?.shell === want.shell) return ok(asked, `${host} has the account ${name}`)
  const what = found ? `the account ${name} on ${host} has the shell ${found.shell}` : `${host} has no account ${name}`
  return { ...asked, status: 'fail', code: 'not-converged', what, cure: 'deploy', mends: true }
}

/** The drop-ins of that tunnel, whatever user ID they are for. */
const dropInsOf = (on: Snapshot, tunnel: string) =>
  Object.entries(on.files).filter(
    ([path]) => path.startsWith('/etc/systemd/system/user@') && path.endsWith(`.service.d/ssh-tunnels-${tunnel}.conf`),
  )

function leaveUnmanaged(on: Snapshot, { name, unmanaged }: AccountAt): Step[] {
  if (!unmanaged || on.missing.includes('systemctl')) return []
  const { tunnel, text } = unmanaged
  const found = dropInsOf(on, tunnel)
  const isRight =
    found.length === 1 && found[0]?.[0].includes(`/user@${on.accounts[name]?.uid}.`) && found[0][1].text === text
  if (isRight) return []
  return [
    {
      why: `start no user manager for ${name}`,
      phase: 'units',
      verb: 'manager_skip',
      args: [name, tunnel],
      content: text,
    },
  ]
}

function manage(on: Snapshot, { owner, unmanaged }: AccountAt): Step[] {
  if (!unmanaged) return []
  const ours = dropInsOf(on, unmanaged.tunnel).some(([, { text }]) => readMark(text)?.owner === owner)
  if (!ours) return []
  const why = `remove the drop-in of tunnel ${unmanaged.tunnel} for the user manager`
  return [{ why, phase: 'unmake', verb: 'manager_unskip', args: [unmanaged.tunnel], isTrace: true }]
}

/**
 * `systemd --user`, which logind starts for every user who logs in, has nothing to do for a tunnel and takes time and memory. The
 * condition holds only as long as the tunnel is there: left behind, the drop-in does nothing.
 */
export const withoutManager = (mark: string, authorizedKeys: string): string =>
  `${mark}[Unit]\nConditionPathExists=!${authorizedKeys}\n`
