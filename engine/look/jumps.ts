// A host that others are reached through: settings after which its sshd would not connect onward for the login that goes through it.
import { formatEndpoint, sameHost } from '../../schemas/endpoint'
import type { Host } from '../../schemas/types'
import { knownWay } from '../host/hop'
import type { Check } from '../parts/check'
import { hostsMet, type Look } from './look'

/** By the values that sshd tells for our login (remote/admission.sh): what others need there that this process has looked at must not go. */
export function checkJumps({ declared, snapshotOf, away }: Look): Check[] {
  if (declared.type !== 'middle' || away.size > 0) return []
  const { host } = declared.input
  const { admission } = snapshotOf(host)
  if (!admission) return []
  const behind = hostsMet().flatMap(one => behindHop(host, one))
  const cut = behind.find(({ endpoint }) => lets(admission.now, endpoint) && !lets(admission.after, endpoint))
  if (!cut) return []
  return [
    {
      link: 'reached',
      host: cut.name,
      status: 'fail',
      code: 'locks-out',
      what: `${cut.name} is reached through ${host.name}, whose sshd would not connect us to ${cut.endpoint} any more, so nothing was changed`,
      evidence: ['allowtcpforwarding', 'disableforwarding', 'permitopen']
        .flatMap(name => (admission.after[name] ? [`${name} ${admission.after[name]}`] : []))
        .join('\n'),
      cure: `let AllowTcpForwarding, DisableForwarding and PermitOpen of ${host.name} spare ${admission.user} (a Match block of your own), or reach ${cut.name} another way`,
    },
  ]
}

/** Where the hop after this one is dialled, for a host whose way leads through it. */
function behindHop(hop: Host, host: Host): { name: string; endpoint: string }[] {
  const way = knownWay(host)
  return way.slice(0, -1).flatMap((one, at) => {
    const next = way[at + 1]
    const isIt =
      sameHost(one.address ?? '', hop.address ?? '') &&
      (one.port ?? 22) === (hop.port ?? 22) &&
      (one.user ?? 'root') === (hop.user ?? 'root')
    if (!isIt || next?.address === undefined) return []
    return [{ name: host.name, endpoint: formatEndpoint({ host: next.address, port: next.port ?? 22 }) }]
  })
}

function lets(values: Readonly<Record<string, string>>, endpoint: string): boolean {
  if (['no', 'remote'].includes(values.allowtcpforwarding ?? 'yes') || values.disableforwarding === 'yes') return false
  const colon = endpoint.lastIndexOf(':')
  const [address, port] = [endpoint.slice(0, colon), endpoint.slice(colon + 1)]
  const open = (values.permitopen ?? 'any').split(' ')
  return [`any`, endpoint, `${address}:*`, `*:${port}`, '*:*'].some(one => open.includes(one))
}
