// A table of our own that would drop the connection by which we change the host: it keeps others than `allowFrom` from sshd's port. Pure.
import { isLoopback } from '../../../schemas/endpoint'
import type { Check } from '../check'
import { canonicalNetwork } from '../network'
import type { Snapshot } from '../snapshot'
import { isAddressIn } from '../sshd-match'
import type { FirewallAt } from './ask'
import { fence } from './fence'
import { seeFirewall } from './state'

/** SSH_CONNECTION says it as a packet has it at hook input, behind every translation of addresses. */
export function cutsOff(on: Snapshot, at: FirewallAt, host: string): Check[] {
  const { connection } = on
  if (!connection || isLoopback(connection.from) || connection.from === connection.address) return []
  const fenced = seeFirewall(on, at).placed.filter(({ manager }) => manager === fence)
  const address = canonicalNetwork(connection.address)
  const about = fenced
    .map(({ opening }) => opening)
    .filter(one => one.port === connection.port && (one.address === null || one.address === address))
  const isLetIn = about.some(({ source }) => source === null || isAddressIn(source, connection.from) !== false)
  if (about.length === 0 || isLetIn || fence.isWhole(on, at, fenced)) return []
  return [
    {
      link: 'firewall lets it',
      host,
      status: 'fail',
      code: 'locks-out',
      what: `allowFrom on port ${connection.port} would lock us out of ${host}, where we come from ${connection.from}, so nothing was changed`,
      evidence: `our login is to ${connection.address} port ${connection.port}, and only ${about.map(({ source }) => source).join(', ')} may come there`,
      cure: `name ${connection.from}, or its network, there too; or take another port`,
    },
  ]
}
