// The unix sockets on which a tunnel listens on one host: a list of them, by which they are removed, and the folder that is made for them.
import { folderOfSocket } from '../../schemas/address'
import { isUnder, socketFolderOf } from '../../schemas/socket-folder'
import type { Sockets } from '../../schemas/types'
import { type Check, ok } from './check'
import { isMarked, readMark, writeMark } from './mark'
import { oddity, type Part, stranger } from './part'
import { folderOf } from './paths'
import type { Snapshot } from './snapshot'

export interface SocketsAt {
  readonly tunnel: string
  readonly owner: string
  readonly account: string
  /** Those that it should have. */
  readonly paths: readonly string[]
}

const listOf = (tunnel: string) => `${folderOf(tunnel)}/sockets`

/** Ours, where one of them is in it. */
const ownFolder = (tunnel: string, paths: readonly string[]): string | null =>
  paths.some(path => isUnder(path, socketFolderOf(tunnel))) ? socketFolderOf(tunnel) : null

export const wantSockets = ({ tunnel, paths }: SocketsAt): Sockets | null =>
  paths.length > 0 ? { paths: [...paths], folder: ownFolder(tunnel, paths) } : null

const textOf = ({ tunnel, owner, paths }: SocketsAt): string =>
  writeMark({ tunnel, owner, notes: {} }) + paths.map(path => `${path}\n`).join('')

const linesOf = (text: string) => text.split('\n').filter(line => line !== '' && !line.startsWith('#'))

/** With what is odd of it. */
function folderOn(on: Snapshot, { tunnel, account }: SocketsAt): string | null {
  const path = socketFolderOf(tunnel)
  const found = on.socketFolders[path]
  if (!found) return null
  const isOdd = found.mode !== '755' || found.owner !== `${account}:${account}`
  return isOdd ? `${path} (mode ${found.mode}, owner ${found.owner})` : path
}

export const sockets: Part<Sockets, SocketsAt> = {
  kind: 'sockets',
  needs: [],

  observe(on, at) {
    const file = on.files[listOf(at.tunnel)]
    const folder = folderOn(on, at)
    if (!file && folder === null) return null
    const paths = file ? linesOf(file.text) : []
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

  explain(want, at) {
    const page = 'unix(7)'
    const lines = at.paths.map(text => ({ text, why: 'the socket on which it listens, removed with the tunnel', page }))
    const folder =
      typeof want.folder === 'string'
        ? [
            {
              text: want.folder,
              why: `the folder for it, which ${at.account} alone writes and everybody may enter`,
              page,
            },
          ]
        : at.paths.map(path => ({
            text: folderOfSocket(path),
            why: `a folder of somebody else's, in which ${at.account} has to be able to write`,
            page,
          }))
    return {
      what: listOf(at.tunnel),
      why: 'which sockets to remove, also those of who was killed',
      lines: [...lines, ...folder],
    }
  },
}
