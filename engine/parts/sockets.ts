// The unix sockets on which a tunnel listens on one host: a list of them, by which they are removed, and the folders that are made for them.
import { folderOfSocket } from '../../schemas/address'
import { ownFolderOf, socketFolderOf } from '../../schemas/socket-folder'
import type { Sockets } from '../../schemas/types'
import { type Check, ok } from './check'
import { isMarked, readMark, writeMark } from './mark'
import { oddity, type Part, stranger } from './part'
import { accountOf, folderOf } from './paths'
import type { Snapshot } from './snapshot'

export interface SocketsAt {
  readonly tunnel: string
  readonly owner: string
  readonly account: string
  /** Those that it should have. */
  readonly paths: readonly string[]
}

const listOf = (tunnel: string) => `${folderOf(tunnel)}/sockets`

/** Those of ours that they are in: of tunnels that share a connection each has its own. */
const foldersOf = (paths: readonly string[]): string[] => [...new Set(paths.flatMap(path => ownFolderOf(path) ?? []))]

const told = (folders: readonly string[]): string | null => (folders.length > 0 ? folders.join(', ') : null)

export const wantSockets = ({ paths }: SocketsAt): Sockets | null =>
  paths.length > 0 ? { paths: [...paths], folder: told(foldersOf(paths)) } : null

const textOf = ({ tunnel, owner, paths }: SocketsAt): string =>
  writeMark({ tunnel, owner, notes: {} }) + paths.map(path => `${path}\n`).join('')

const linesOf = (text: string) => text.split('\n').filter(line => line !== '' && !line.startsWith('#'))

/** Whose tunnel has moved into another connection, the folder moves with it. */
const isOfTunnel = (owner: string) => owner.startsWith(accountOf(''))

/** Of another tunnel that is about to leave, and for this account too (remote/sockets.sh). */
const isForBoth = (owner: string, account: string) =>
  isOfTunnel(owner) && !owner.startsWith(`${account}:`) && owner.endsWith(`:${account}`)

/** With what is odd of each. Of one that is for another tunnel's name, and in no list of ours, its owner tells whether it is ours. */
function foldersOn(on: Snapshot, listed: readonly string[], { tunnel, account, paths }: SocketsAt): string | null {
  const own = [...foldersOf(listed), socketFolderOf(tunnel)]
  const there = [...new Set([...own, ...foldersOf(paths)])].flatMap(path => {
    const found = on.socketFolders[path]
    if (!found) return []
    const { owner, mode } = found
    const isOurs = owner.startsWith(`${account}:`) || isForBoth(owner, account) || !isOfTunnel(owner)
    if (owner !== `${account}:${account}` && !(own.includes(path) && isOurs)) return []
    const isOdd = isForBoth(owner, account) ? mode !== '775' : mode !== '755' || owner !== `${account}:${account}`
    return [isOdd ? `${path} (mode ${mode}, owner ${owner})` : path]
  })
  return told(there)
}

export const sockets: Part<Sockets, SocketsAt> = {
  kind: 'sockets',
  needs: [],

  observe(on, at) {
    const file = on.files[listOf(at.tunnel)]
    const paths = file ? linesOf(file.text) : []
    const folder = foldersOn(on, paths, at)
    if (!file && folder === null) return null
    return { paths: file && oddity(file) ? [...paths, oddity(file).trim()] : paths, folder }
  },

  owner(on, { tunnel }) {
    const file = on.files[listOf(tunnel)]
    if (!file) return null
    return readMark(file.text)?.owner ?? (isMarked(file.text) ? null : stranger)
  },

  ownedBy: (_on, { tunnel }) => listOf(tunnel),

  plan(want, have, _on, at) {
    const path = listOf(at.tunnel)
    const args = [path, at.account]
    if (!want) {
      return have ? [{ why: `remove the sockets of ${at.tunnel}`, phase: 'unmake', verb: 'sockets_remove', args }] : []
    }
    const content = textOf(at)
    if (have && JSON.stringify(have) === JSON.stringify(want)) return []
    const folder = want.folder ? `, in ${want.folder}` : ''
    return [
      { why: `make way for the socket of ${at.account}${folder}`, phase: 'make', verb: 'sockets_put', args, content },
    ]
  },

  checks(want, on, at, host) {
    const asked = { link: 'port free', host } as const
    const have = sockets.observe(on, at)
    if (JSON.stringify(have) === JSON.stringify(want))
      return [ok(asked, `${host} has a place for ${at.paths.join(', ')}`)]
    const what = `${host} has no place yet for ${at.paths.join(', ')}, or another`
    return [{ ...asked, status: 'fail', code: 'not-converged', what, cure: 'deploy', mends: true } satisfies Check]
  },

  explain(_want, at) {
    const page = 'unix(7)'
    const lines = at.paths.map(text => ({ text, why: 'the socket on which it listens, removed with the tunnel', page }))
    const folders = new Map(at.paths.map(path => [folderOfSocket(path), ownFolderOf(path)]))
    const inFolders = [...folders].map(([text, own]) => ({
      text: own ?? text,
      why: own
        ? `the folder for it, which ${at.account} alone writes and everybody may enter`
        : `a folder of somebody else's, in which ${at.account} has to be able to write`,
      page,
    }))
    return {
      what: listOf(at.tunnel),
      why: 'which sockets to remove, also those of who was killed',
      lines: [...lines, ...inFolders],
    }
  },
}
