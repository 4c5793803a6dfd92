// What only the hosts can tell of a tunnel: host keys of the server and of the jump hosts, where the server finds itself, and the client's public key.
// Pure.
import { loginId } from '../../schemas/machine'
import type { Host } from '../../schemas/types'
import type { Snapshot } from '../parts/snapshot'
import { findItself } from '../parts/sshd-entry'
import { type Declared, derive } from '../wish/declared'
import type { Known } from '../wish/placed'

/** ssh prefers these types in this order, and one pinned key is enough. */
const preferred = ['ssh-ed25519', 'ecdsa-sha2-', 'rsa-', 'ssh-rsa']

export function learn(declared: Declared, snapshots: ReadonlyMap<string, Snapshot>): Known {
  if (declared.type === 'middle') return {}
  const { client, server, jumps = [] } = declared.input
  const key = derive(declared, {}).placed.find(placed => placed.kind === 'key')
  const on = snapshots.get(loginId(server))
  const serverHostKey = hostKeyOf(server, snapshots)
  const jumpHostKeys = jumps.map(jump => hostKeyOf(jump, snapshots))
  const onClient = snapshots.get(loginId(client))
  const publicKey = key?.kind === 'key' ? onClient?.keys[key.at.path] : undefined
  const itself = on && findItself(on, server.port ?? 22)
  const supervisor = onClient?.supervisor
  return {
    publicKey: publicKey || undefined,
    serverHostKey,
    ...(jumps.length > 0 && { jumpHostKeys }),
    itself,
    supervisor,
  }
}

function hostKeyOf(host: Host, snapshots: ReadonlyMap<string, Snapshot>): string | undefined {
  const hostKeys = snapshots.get(loginId(host))?.hostKeys ?? []
  // Over SSH the first is the one that our own connection has verified.
  const [verified] = host.local ? [] : hostKeys
  return verified ?? preferred.flatMap(type => hostKeys.find(one => one.startsWith(type)) ?? [])[0]
}
