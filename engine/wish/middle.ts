// From a middle to the parts that its own settings need. Pure, as tunnel.ts.
import { requireNetwork } from '../../schemas/endpoint'
import { handWritten } from '../../schemas/owner'
import type { Middle } from '../../schemas/types'
import { wantFirewall } from '../parts/firewall'
import { hostsOwn, ruleMark, writeMark } from '../parts/mark'
import { sha256 } from '../parts/part'
import * as paths from '../parts/paths'
import type { Derived, Placed } from './placed'

const middleSettings = [
  'gatewayPorts',
  'allowTcpForwarding',
  'clientAliveInterval',
  'clientAliveCountMax',
  'maxStartups',
] as const

export function deriveMiddle(middle: Middle): Derived {
  const owner = middle.owner ?? handWritten
  const { host } = middle
  const settings = middleSettings.flatMap(setting => {
    const value = middle[setting]
    return value === undefined || value === null ? [] : [[setting, effectiveForm(setting, value)] as const]
  })
  const keyword = (setting: string) => setting[0]?.toUpperCase() + setting.slice(1)
  const text =
    writeMark({ tunnel: null, owner, notes: {} }) +
    settings.map(([setting, value]) => `${keyword(setting)} ${value}\n`).join('')
  const asks = (middle.openPorts ?? []).map(open => ({
    address: open.address ? requireNetwork(open.address) : null,
    port: open.port,
    from: open.from?.map(requireNetwork) ?? null,
  }))
  const placed: Placed[] = [
    {
      kind: 'sshd',
      attribute: 'sshd',
      host,
      round: 0,
      at: { dropIn: paths.middleDropIn, owner, text, user: '*', asked: settings.map(([setting]) => setting) },
      want:
        settings.length > 0
          ? { dropIn: paths.middleDropIn, dropInSha256: sha256(text), ...Object.fromEntries(settings) }
          : null,
    },
    {
      kind: 'firewall',
      attribute: 'firewall',
      host,
      round: 0,
      at: { tag: ruleMark(hostsOwn, owner), owner, file: `${paths.middleFolder}/firewall.nft`, asks },
      want: asks.length > 0 ? wantFirewall(asks) : null,
    },
  ]
  return { placed, outputs: {}, listening: [] }
}

/** As sshd -T prints it: a MaxStartups without rate means that all above START are refused. */
function effectiveForm(setting: string, value: string | number): string | number {
  return setting === 'maxStartups' && !String(value).includes(':') ? `${value}:30:${value}` : value
}
