// A socket that another tunnel has where this one is to listen: whether that keeps it, and what makes way where it leaves. Pure.
import { loginId } from '../../schemas/machine'
import { isOneOwner } from '../../schemas/owner'
import { ownFolderOf } from '../../schemas/socket-folder'
import type { Host } from '../../schemas/types'
import type { Check } from '../parts/check'
import { ownerOfAccount } from '../parts/mark'
import type { Step } from '../parts/part'
import { tunnelOfAccount } from '../parts/paths'
import { isSocket, type SocketListening } from '../wish/placed'
import type { Look } from './look'
import { accountAt, accountOf, isFree, isLeaving, ownerIn, socketAt } from './sockets'

const socketsSeen = (seen: Look): SocketListening[] =>
  seen.derived.listening.filter(isSocket).filter(({ host }) => seen.derived.placed.some(one => one.host === host))

/** Of each path at which somebody else's socket is, the owner of the tunnel whose it is; null for another program. */
export const holdersOfSockets = (seen: Look): readonly (string | null)[] =>
  socketsSeen(seen).flatMap(listening => {
    if (isFree(seen, listening).status === 'ok') return []
    const uid = socketAt(seen, listening)?.file?.uid ?? -1
    return [ownerOfAccount(accountAt(seen, listening.host, uid)?.comment ?? '') || null]
  })

/** Sockets that this tunnel is to have, and that one of those has that nobody is about to remove; or the folder of ours that they are in. */
export function socketsHeldBy(seen: Look, keeps: (tunnel: string) => boolean): Check[] {
  return socketsSeen(seen).flatMap(({ host, path }) => {
    const { accounts, socketFolders } = seen.snapshotOf(host)
    const uid = socketAt(seen, { host, path })?.file?.uid
    const [folder] = socketFolders[ownFolderOf(path) ?? '']?.owner.split(':') ?? []
    const [account, held] =
      Object.entries(accounts).find(
        ([name, one]) => name !== accountOf(seen, path) && (one.uid === uid || name === folder),
      ) ?? []
    const owner = ownerOfAccount(held?.comment ?? '')
    const tunnel = account === undefined ? null : tunnelOfAccount(account)
    if (tunnel === null || !isOneOwner(owner, ownerIn(seen)) || !keeps(tunnel)) return []
    const what = held?.uid === uid ? path : ownFolderOf(path)
    return [
      {
        link: 'port free',
        host: host.name,
        status: 'fail',
        code: 'path-taken',
        what: `${what} on ${host.name} is taken`,
        evidence: `tunnel ${tunnel} of owner ${owner} listens there, and is not declared here: each would take it from the other`,
        cure: `have that tunnel removed (owner: ${owner} in the spec does, or where it is declared), or listen elsewhere`,
      } satisfies Check,
    ]
  })
}

/** What makes way right before the tunnel begins: with a sticky bit only its owner may remove a socket. Else who listens next does. */
export const yieldsFor = (seen: Look, on: Host): Step[] =>
  socketsSeen(seen)
    .filter(({ host }) => !seen.derived.disabled && loginId(host) === loginId(on))
    .flatMap(({ host, path }): Step[] => {
      const { file, folder } = socketAt(seen, { host, path }) ?? {}
      const uid = seen.snapshotOf(host).accounts[accountOf(seen, path)]?.uid
      if (file?.type !== 'socket' || file.uid === uid || !isSticky(folder?.mode)) return []
      const step: Step = {
        why: `take ${path} from the tunnel that leaves it`,
        phase: 'start',
        verb: 'socket_yield',
        args: [path, String(file.uid)],
      }
      return isLeaving(seen, host, file.uid) ? [step] : []
    })

const isSticky = (mode = ''): boolean => (Number.parseInt(mode, 8) & 0o1000) !== 0
