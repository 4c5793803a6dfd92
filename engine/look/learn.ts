// What only the hosts can tell of a tunnel: the server's host key, where it finds itself, and the client's public key. Pure.
import { loginId } from '../../schemas/machine'
import type { AuthorizedKey } from '../../schemas/types'
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
  const { server } = declared.input
  const on = snapshots.get(loginId(server))
  const hostKeys = on?.hostKeys ?? []
  // Over SSH the first is the one that our own connection has verified.
  const [verified] = server.local ? [] : hostKeys
  const serverHostKey = verified ?? preferred.flatMap(type => hostKeys.find(one => one.startsWith(type)) ?? [])[0]
  const itself = on && findItself(on, server.port ?? 22)
  return { ...learnKeys(declared, snapshots), ...learnPorts(declared, snapshots), serverHostKey, itself }
}

function learnKeys(declared: Declared, snapshots: ReadonlyMap<string, Snapshot>): Known {
  const { placed } = derive(declared, {})
  const [key, lets] = [placed.find(one => one.kind === 'key'), placed.find(one => one.kind === 'authorized-key')]
  const [client, server] = [key, lets].map(one => one && snapshots.get(loginId(one.host)))
  if (key?.kind !== 'key' || lets?.kind !== 'authorized-key' || !client) return {}
  const next = client.keys[nextOf(key.at.path)]
  const isIn = (publicKey: string) =>
    server !== undefined && isLetIn(server, lets.at, { ...(lets.want as AuthorizedKey), publicKey })
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
