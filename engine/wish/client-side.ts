// What a tunnel needs on the host that runs ssh: an account, its key, and the service. Pure.
import type { Address } from '../../schemas/address'
import { flagOf } from '../../schemas/forward'
import { isOurs } from '../../schemas/machine'
import { knownAfterApply, sha256 } from '../parts/part'
import * as paths from '../parts/paths'
import { type UnitPlan, unitText } from '../parts/service/unit-text'
import { accountState } from './account'
import type { Chain } from './chain'
import type { Placed } from './placed'

export const clientAccount = (chain: Chain): Placed => ({
  kind: 'account',
  attribute: 'clientAccount',
  host: chain.client,
  round: 0,
  at: { name: chain.account, owner: chain.owner },
  want: accountState(chain),
})

/** How known_hosts names the server. */
export const knownAs = ({ dialled: { address, port } }: Chain): string =>
  port === 22 ? address : `[${address}]:${port}`

export function key(chain: Chain): Placed {
  const { client, server, account, runs } = chain
  const from = isOurs(server) ? undefined : server.identityFile
  return {
    kind: 'key',
    attribute: 'key',
    host: client,
    round: 0,
    at: {
      path: runs.key,
      knownHosts: runs.knownHosts,
      account,
      server: knownAs(chain),
      ...(from !== undefined && { from }),
    },
    want: { path: runs.key, publicKey: chain.publicKey, hostKey: chain.hostKey },
  }
}

/** What the unit does that runs its ssh, whoever installs it. */
export const unitPlan = (chain: Chain): UnitPlan => ({
  tunnel: chain.name,
  owner: chain.owner,
  description: `${chain.name}: ${chain.forwards.map(flagOf).join(' ')}`,
  account: chain.runs.as,
  login: chain.login,
  key: chain.runs.key,
  knownHosts: chain.runs.knownHosts,
  ...chain.alive,
  forwards: chain.forwards,
  command: chain.command,
  server: chain.dialled,
  bindsPrivileged: chain.forwards.some(({ type, listen }) => type !== 'remote' && isPrivileged(listen)),
  ...(isOurs(chain.client) ? {} : { installedBy: `the owner of ${chain.client.name}` }),
})

export function service(chain: Chain): Placed {
  const { name, owner, server, disabled } = chain
  const text = unitText(unitPlan(chain))
  const unit = paths.unitOf(name)
  return {
    kind: 'service',
    attribute: 'service',
    host: chain.client,
    round: 2,
    at: { unit, owner, text, ...(disabled && { disabled }), ...(isOurs(server) ? {} : { hangsOnOthers: true }) },
    want: {
      supervisor: 'systemd',
      unit,
      unitSha256: chain.vague ? knownAfterApply : sha256(text),
      active: disabled ? null : true,
      enabled: !disabled,
    },
  }
}

const isPrivileged = (listen: Address): boolean => listen.kind === 'tcp' && listen.port < 1024
