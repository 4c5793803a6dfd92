// What a tunnel needs on the host that runs ssh: an account, its key, and the service. Pure.
import type { Address } from '../../schemas/address'
import { flagOf } from '../../schemas/forward'
import { knownAfterApply, sha256 } from '../parts/part'
import * as paths from '../parts/paths'
import { unitText } from '../parts/service/unit-text'
import { accountState } from './account'
import type { Chain } from './chain'
import type { Known, Placed } from './placed'
import { rotationAt, wantedKey } from './rotation'

export const clientAccount = (chain: Chain): Placed => ({
  kind: 'account',
  attribute: 'clientAccount',
  host: chain.client,
  round: 0,
  at: { name: chain.account, owner: chain.owner },
  want: accountState(chain),
})

export function key(chain: Chain, known: Known): Placed {
  const { client, account, folder, rotate } = chain
  const { address, port } = chain.dialled
  const path = `${folder}/key`
  return {
    kind: 'key',
    attribute: 'key',
    host: client,
    round: 0,
    at: {
      path,
      knownHosts: `${folder}/known_hosts`,
      account,
      server: port === 22 ? address : `[${address}]:${port}`,
      ...rotationAt(chain, known),
    },
    want: {
      path,
      publicKey: wantedKey(chain, known),
      ...(rotate !== undefined && { rotation: rotate }),
      hostKey: known.serverHostKey ?? knownAfterApply,
    },
  }
}

export function service(chain: Chain): Placed {
  const { name, owner, account, folder, forwards, dialled, alive, command, disabled } = chain
  const text = unitText({
    tunnel: name,
    owner,
    description: `${name}: ${forwards.map(flagOf).join(' ')}`,
    account,
    key: `${folder}/key`,
    knownHosts: `${folder}/known_hosts`,
    ...alive,
    forwards,
    command,
    server: dialled,
    bindsPrivileged: forwards.some(({ type, listen }) => type !== 'remote' && isPrivileged(listen)),
  })
  const unit = paths.unitOf(name)
  return {
    kind: 'service',
    attribute: 'service',
    host: chain.client,
    round: 2,
    at: { unit, owner, text, ...(disabled && { disabled }) },
    want: {
      supervisor: 'systemd',
      unit,
      unitSha256: chain.vague ? knownAfterApply : sha256(text),
      active: disabled ? null : true,
      enabled: !disabled,
    },
  }
}

/** A host chooses no such port. */
const isPrivileged = (listen: Address): boolean => listen.kind === 'tcp' && listen.port > 0 && listen.port < 1024
