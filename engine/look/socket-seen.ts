// What remote/look-sockets.sh tells of the sockets that were asked about. Pure.
import type { Snapshot, SocketSeen } from '../parts/snapshot'

const count = (text: string) => (/^\d{1,9}$/.test(text) ? Number(text) : null)

/** `VERB ACCOUNT PATH FILE FOLDER LISTENED MAY OPEN`: FILE is TYPE:UID:MODE, FOLDER is TYPE:OWNER:GROUP:MODE, or - for none. */
export function readSocket(line: string): SocketSeen[] {
  const [verb, account, path, file = '', folder = '', listened, may, open = ''] = line.split(' ')
  if ((verb !== 'listens' && verb !== 'dials') || !account || !path) return []
  const [type = '', uid = '', mode = ''] = file.split(':')
  const [kind = '', owner = '', group = '', rights = ''] = folder.split(':')
  return [
    {
      verb,
      account,
      path,
      file: /^\d+$/.test(uid) ? { type, uid: Number(uid), mode } : null,
      isListened: listened === 'yes',
      folder: rights === '' ? null : { type: kind, owner: `${owner}:${group}`, mode: rights },
      may: may === 'yes' ? true : may === 'no' ? false : null,
      open: count(open),
    },
  ]
}

/** `MODE OWNER:GROUP PATH` */
export function readFolder(line: string): [string, Snapshot['socketFolders'][string]][] {
  const [, mode = '', owner = '', path = ''] = /^([0-7]+) (\S+) (\/.+)$/.exec(line) ?? []
  return path ? [[path, { mode, owner }]] : []
}
