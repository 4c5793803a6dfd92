// What only the hosts can tell of a tunnel: host keys of the server and of the jump hosts, where the server finds itself, the client's public keys, and
// ports that were chosen. Pure.
import { loginId } from '../../schemas/machine'
import type { Host } from '../../schemas/types'
import { isLetIn } from '../parts/authorized-key'
import { nextOf } from '../parts/key'
import { chosenIn } from '../parts/ports'
import type { Snapshot } from '../parts/snapshot'
import { findItself } from '../parts/sshd-entry'
import { type Declared, derive } from '../wish/declared'
import type { Known } from '../wish/placed'

/** ssh prefers these types in this order, and one pinned key is enough. */
const preferred = ['ssh-ed25519', 'ecdsa-sha2-', 'rsa-', 'ssh-rsa']

export function learn(declared: Declared, snapshots: ReadonlyMap<string, Snapshot>): Known {
  if (declared.type === 'middle') return {}
  const { client, server, jumps = [] } = declared.input
  const on = snapshots.get(loginId(server))
  return {
    ...learnKeys(declared, snapshots),
    ...learnPorts(declared, snapshots),
    serverHostKey: hostKeyOf(server, snapshots),
    ...(jumps.length > 0 && { jumpHostKeys: jumps.map(jump => hostKeyOf(jump, snapshots)) }),
    itself: on && findItself(on, server.port ?? 22),
    supervisor: snapshots.get(loginId(client))?.supervisor,
  }
}

function hostKeyOf(host: Host, snapshots: ReadonlyMap<string, Snapshot>): string | undefined {
  const hostKeys = snapshots.get(loginId(host))?.hostKeys ?? []
  // Over SSH the first is the one that our own connection has verified.
  const [verified] = host.local ? [] : hostKeys
  return verified ?? preferred.flatMap(type => hostKeys.find(one => one.startsWith(type)) ?? [])[0]
}

function learnKeys(declared: Declared, snapshots: ReadonlyMap<string, Snapshot>): Known {
  const { placed } = derive(declared, learnPorts(declared, snapshots))
  const key = placed.find(one => one.kind === 'key')
  const client = key && snapshots.get(loginId(key.host))
  if (key?.kind !== 'key' || !client) return {}
  const next = client.keys[nextOf(key.at.path)]
  // At the server and at every jump host.
  const isIn = (publicKey: string) =>
    placed.every(one => {
      if (one.kind !== 'authorized-key') return true
      const on = snapshots.get(loginId(one.host))
      const { options } = one.want ?? {}
      // Nobody knows yet for which port.
      if (on === undefined || typeof options !== 'string') return false
      return isLetIn(on, one.at, { options, publicKey })
    })
  return {
    publicKey: client.keys[key.at.path] || undefined,
    rotation: client.rotations[key.at.path],
    ...(next && { next: { publicKey: next, rotation: client.rotations[nextOf(key.at.path)], isIn: isIn(next) } }),
  }
}

function learnPorts(declared: Declared, snapshots: ReadonlyMap<string, Snapshot>): Known {
  const kept = derive(declared, {}).placed.flatMap(({ kind, host, at, want }) =>
    kind === 'ports' && want ? chosenIn(snapshots.get(loginId(host))?.files[at.path]?.text ?? '') : [],
  )
  return kept.length > 0 ? { ports: kept } : {}
}
