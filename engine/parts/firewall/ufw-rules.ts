// ufw's own files, which say of each rule what it was asked for, with its comment. Pure.
import { canonicalNetwork } from '../network'
import type { Snapshot } from '../snapshot'
import type { Kept } from './manager'

const ufwFiles = ['/etc/ufw/user.rules', '/etc/ufw/user6.rules'] as const

/** `### tuple ### allow tcp 110 203.0.113.20 any 198.51.100.0/24 in comment=7373...` */
const tuple = /^### tuple ### allow tcp (\d+) (\S+) any (\S+) in(?:_(\S+))?(?: comment=([0-9a-f]*))?$/

const unlessAny = (address: string): string | null =>
  address === '0.0.0.0/0' || address === '::/0' ? null : canonicalNetwork(address)

/** Those that one of ours could be: a port of TCP, to any address or one, from anywhere or one network. One without a comment has no tag. */
export function keptRules(on: Snapshot): Kept[] {
  return ufwFiles.flatMap(path =>
    (on.files[path]?.text ?? '').split('\n').flatMap(line => {
      const [, port, to, from, device, comment = ''] = tuple.exec(line) ?? []
      if (port === undefined || to === undefined || from === undefined) return []
      const opening = {
        address: unlessAny(to),
        ...(device !== undefined && { device }),
        port: Number(port),
        source: unlessAny(from),
      }
      return [{ tag: Buffer.from(comment, 'hex').toString('utf8'), opening }]
    }),
  )
}
