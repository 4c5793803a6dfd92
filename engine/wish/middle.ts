// From a middle to the parts that its own settings need. Pure, as tunnel.ts.
import { asNetwork, requireNetwork } from '../../schemas/endpoint'
import { handWritten } from '../../schemas/owner'
import { keywordOf, linesOfExtra, ownSettings, readAllowed } from '../../schemas/sshd-settings'
import type { Middle } from '../../schemas/types'
import { wantFirewall } from '../parts/firewall'
import { hostsOwn, ruleMark, writeMark } from '../parts/mark'
import { sha256 } from '../parts/part'
import * as paths from '../parts/paths'
import { asUser, type OwnLines } from '../parts/sshd-own'
import { type Derived, managerOf, type Placed } from './placed'

export function deriveMiddle(middle: Middle): Derived {
  const owner = middle.owner ?? handWritten
  const { host } = middle
  const asks = (middle.openPorts ?? []).map(open => ({
    address: open.address ? requireNetwork(open.address) : null,
    port: open.port,
    from: open.from?.map(requireNetwork) ?? null,
  }))
  const placed: Placed[] = [
    sshd(middle, owner),
    {
      kind: 'firewall',
      attribute: 'firewall',
      host,
      round: 0,
      at: {
        tag: ruleMark(hostsOwn, owner),
        owner,
        file: `${paths.middleFolder}/firewall.nft`,
        asks,
        ...managerOf(host),
      },
      want: asks.length > 0 ? wantFirewall({ asks }) : null,
    },
  ]
  return { placed, outputs: {}, listening: [], sockets: [] }
}

function sshd(middle: Middle, owner: string): Placed {
  const settings = ownSettings.flatMap(setting => {
    const value = middle[setting]
    return value === undefined || value === null ? [] : [[setting, effectiveForm(setting, value)] as const]
  })
  const penalties = settings.flatMap(([setting, value]) => (setting === 'perSourcePenalties' ? [String(value)] : []))[0]
  const own: OwnLines = {
    extra: linesOfExtra(middle.extra).map(requireLine),
    penalties: penalties === undefined ? null : requireLine({ keyword: 'PerSourcePenalties', value: penalties }),
    users: (middle.allowUsers ?? []).map(asUser),
  }
  const lines = [
    ...settings.map(([setting, value]) => requireLine({ keyword: keywordOf(setting), value: String(value) })),
    ...own.extra,
    ...(own.users.length > 0 ? [allowNote] : []),
    ...(middle.allowUsers ?? []).flatMap(allow),
  ]
  const text = writeMark({ tunnel: null, owner, notes: {} }) + lines.map(line => `${line}\n`).join('')
  const want = {
    ...Object.fromEntries(settings),
    ...(own.users.length > 0 ? { allowUsers: own.users.map(({ entry }) => entry) } : {}),
    ...(own.extra.length > 0 ? { extra: [...own.extra], extraInEffect: true } : {}),
  }
  const { host } = middle
  const admin = host.local ? {} : { admin: host.user ?? 'root' }
  const isAsked = own.penalties !== null || own.extra.length > 0 || own.users.length > 0
  const asked = Object.keys(want) as (keyof typeof want)[]
  return {
    kind: 'sshd',
    attribute: 'sshd',
    host,
    round: 0,
    at: { dropIn: paths.middleDropIn, owner, text, user: '*', ...admin, asked, ...(isAsked ? { own } : {}) },
    want: asked.length > 0 ? { dropIn: paths.middleDropIn, dropInSha256: sha256(text), ...want } : null,
  }
}

/** As sshd -T prints it: a MaxStartups without rate means that all above START are refused, and DEBUG and DEBUG1 are one. */
function effectiveForm(setting: string, value: string | number): string | number {
  if (setting === 'logLevel' && value === 'DEBUG1') return 'DEBUG'
  return setting === 'maxStartups' && !String(value).includes(':') ? `${value}:30:${value}` : value
}

const allowNote =
  '# In a block of its own each adds to AllowUsers; outside of one it might be the only line, and keep all others out.'

/** In the block it stands in place of the global list, for this user alone (sshd_config(5)). */
function allow(entry: string): string[] {
  const allowed = readAllowed(entry)
  if (!allowed) throw new Error(`${JSON.stringify(entry)} is not a user whom sshd may let in`)
  const { user, address } = allowed
  const where = address === null ? '' : ` Address ${asNetwork(requireNetwork(address))}`
  return [`Match User ${user}${where}`, `    AllowUsers ${user}`]
}

/** The engine's own guard before a file that sshd reads, whatever validation has let through: one line, and no block. */
function requireLine({ keyword, value }: { keyword: string; value: string }): string {
  if (/^[A-Za-z][A-Za-z0-9]*$/.test(keyword) && !/^(match|include)$/i.test(keyword) && !/\p{Cc}/u.test(value)) {
    return `${keyword} ${value}`
  }
  throw new Error(`${JSON.stringify(`${keyword} ${value}`)} is not a line of sshd_config`)
}
