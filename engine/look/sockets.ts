// The unix sockets of a tunnel on its hosts: can its account listen there, does it, and may it dial the one that is far. Pure.
import { folderOfSocket } from '../../schemas/address'
import { tunnelOf } from '../../schemas/forward'
import { loginId } from '../../schemas/machine'
import { handWritten, isOneOwner } from '../../schemas/owner'
import { ownFolderOf, socketFolderOf } from '../../schemas/socket-folder'
import type { Host } from '../../schemas/types'
import { type Check, ok } from '../parts/check'
import { ownerOfAccount } from '../parts/mark'
import { tunnelOfAccount } from '../parts/paths'
import type { Snapshot, SocketSeen } from '../parts/snapshot'
import type { SocketAsked, SocketListening } from '../wish/placed'
import type { Look } from './look'

const seenOf = (on: Snapshot, asked: Pick<SocketAsked, 'verb' | 'account' | 'path'>): SocketSeen | undefined =>
  on.sockets.find(one => one.verb === asked.verb && one.account === asked.account && one.path === asked.path)

export const accountOf = ({ derived }: Look, path: string) =>
  derived.sockets.find(one => one.path === path)?.account ?? ''

export const socketAt = (seen: Look, { host, path }: Pick<SocketListening, 'host' | 'path'>): SocketSeen | undefined =>
  seenOf(seen.snapshotOf(host), { verb: 'listens', account: accountOf(seen, path), path })

/** Whether the tunnel's own account listens on that very file. */
export function isSocketBound(seen: Look, listening: SocketListening): boolean {
  const found = socketAt(seen, listening)
  const uid = seen.snapshotOf(listening.host).accounts[found?.account ?? '']?.uid
  return Boolean(found?.isListened) && uid !== undefined && found?.file?.uid === uid
}

export const checkSocket = (seen: Look, listening: SocketListening): Check[] => [
  folderTakes(seen, listening),
  isFree(seen, listening),
]

function folderTakes(seen: Look, { host, path, of }: SocketListening): Check {
  const asked = { link: 'port free', host: host.name } as const
  const folder = folderOfSocket(path)
  const own = ownFolderOf(path)
  // A part of the tunnel, which says itself what is wrong with it.
  if (own !== null)
    return othersFolder(seen, { host, path, own }) ?? ok(asked, `${folder} on ${host.name} is made for it`)
  const found = socketAt(seen, { host, path })
  const unknown: Check = { ...asked, status: 'unknown', what: `${host.name} does not tell who may write ${folder}` }
  if (!found) return unknown
  const instead = `or listen in ${socketFolderOf(tunnelOf(of))}, which the deploy makes`
  if (found.folder?.type !== 'directory')
    return {
      ...asked,
      status: 'fail',
      code: 'socket-folder',
      what: `${host.name} has no folder ${folder} for the socket ${path}`,
      cure: `make it, with tmpfiles.d(5) where a boot takes it away, ${instead}`,
    }
  if (found.may === null) return unknown
  if (found.may) return ok(asked, `${found.account} may make a socket in ${folder} on ${host.name}`)
  const isThere = seen.snapshotOf(host).accounts[found.account] !== undefined
  return {
    ...asked,
    status: 'fail',
    code: 'socket-folder',
    what: `${found.account} may not make a socket in ${folder} on ${host.name}`,
    evidence: `its mode is ${found.folder.mode}, its owner ${found.folder.owner}${isThere ? '' : `; there is no ${found.account} yet`}`,
    cure: `let ${found.account} write there (setfacl, or its group), ${instead}`,
  }
}

/** Of two tunnels of one name, of which one shares a connection, each may want it. One of the same owner gives way: it has moved. */
function othersFolder(
  seen: Look,
  { host, path, own }: { readonly host: Host; readonly path: string; readonly own: string },
): Check | null {
  const on = seen.snapshotOf(host)
  const [holder = '', guest = ''] = on.socketFolders[own]?.owner.split(':') ?? []
  const owner = ownerOfAccount(on.accounts[holder]?.comment ?? '')
  if (holder === accountOf(seen, path) || owner === '') return null
  const taken = { link: 'port free', host: host.name, status: 'fail', code: 'socket-folder' } as const
  if (isOneOwner(owner, ownerIn(seen))) {
    if ([holder, accountOf(seen, path)].includes(guest) || !(guest in on.accounts)) return null
    const what = `${own} on ${host.name} is ${holder}'s, and ${guest}'s when that leaves`
    return { ...taken, what, cure: `have tunnel ${tunnelOfAccount(holder)} removed first, or listen in another folder` }
  }
  return {
    ...taken,
    what: `${own} on ${host.name} is ${holder}'s, of ${owner}`,
    cure: 'call the tunnel something else, or listen in another folder',
  }
}

export function isFree(seen: Look, { host, path, endpoint }: SocketListening): Check {
  const asked = { link: 'port free', host: host.name } as const
  const found = socketAt(seen, { host, path })
  const free = ok(asked, `${endpoint} on ${host.name} is free for it`)
  if (!found?.file) return free
  const { type, uid } = found.file
  const taken = { ...asked, status: 'fail', code: 'path-taken', what: `${path} on ${host.name} is taken` } as const
  if (type !== 'socket')
    return { ...taken, evidence: `a ${type.replaceAll('_', ' ')} is there`, cure: 'move it away, or listen elsewhere' }
  // A stale one of its own is unlinked by who listens (StreamLocalBindUnlink).
  if (uid === seen.snapshotOf(host).accounts[found.account]?.uid) return free
  if (isLeaving(seen, host, uid)) return free
  const evidence = `a socket of user ${uid} is there${found.isListened ? ', on which somebody listens' : ', on which nobody listens'}`
  return { ...taken, evidence, cure: 'listen elsewhere, or remove it where it is nobody’s any more' }
}

/** Another tunnel of the same owner is about to leave the path: Terraform removes the old while it makes the new. */
export const isLeaving = (seen: Look, host: Host, uid: number): boolean =>
  isOneOwner(ownerOfAccount(accountAt(seen, host, uid)?.comment ?? ''), ownerIn(seen))

export const accountAt = (seen: Look, host: Host, uid: number): Snapshot['accounts'][string] | undefined =>
  Object.values(seen.snapshotOf(host).accounts).find(one => one.uid === uid)

export const ownerIn = ({ declared }: Look): string => declared.input.owner ?? handWritten

/** Those that are dialled for the tunnel: there, and its account may write to them. */
export function checkFarSockets(seen: Look): Check[] {
  const there = seen.derived.sockets.filter(({ verb, host }) => verb === 'dials' && !seen.away.has(loginId(host)))
  return there.map((asked): Check => {
    const { host, path, account } = asked
    const link = { link: 'far reached', host: host.name } as const
    const found = seenOf(seen.snapshotOf(host), asked)
    const isThere = seen.snapshotOf(host).accounts[account] !== undefined
    if (!found || (found.file && found.may === null))
      return { ...link, status: 'unknown', what: `${host.name} does not tell whether ${account} may dial ${path}` }
    // What is not there is as a port on which nobody listens: far is down, and the proof tells.
    if (!found.file)
      return { ...link, status: 'unknown', what: `there is no ${path} on ${host.name} now: far does not run there` }
    if (found.may) return ok(link, `${account} may dial ${path} on ${host.name}`)
    const failed = {
      ...link,
      status: 'fail',
      code: 'far-closed',
      what: `${account} may not dial ${path} on ${host.name}`,
      evidence: `its mode is ${found.file.mode}, that of its folder ${found.folder?.mode ?? 'unknown'}${isThere ? '' : `; there is no ${account} yet`}`,
      cure: `let it: by the service's own setting for its socket, or its group (usermod -aG GROUP ${account})`,
    } as const
    // Nobody can let in who is not there yet.
    return isThere ? { ...failed, mends: true } : { ...failed, status: 'unknown' }
  })
}
