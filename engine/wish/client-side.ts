// What a tunnel needs on the host that runs ssh: an account, its key, and the service. Pure.
import type { Address } from '../../schemas/address'
import { flagOf } from '../../schemas/forward'
import { knownAfterApply, sha256 } from '../parts/part'
import * as paths from '../parts/paths'
import { nameOf, textFor } from '../parts/service'
import { accountState } from './account'
import type { Chain } from './chain'
import type { Known, Placed } from './placed'

export const clientAccount = (chain: Chain): Placed => ({
  kind: 'account',
  attribute: 'clientAccount',
  host: chain.client,
  round: 0,
  at: { name: chain.account, owner: chain.owner },
  want: accountState(chain),
})

export function key({ client, account, folder, dialled: { address, port } }: Chain, known: Known): Placed {
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
    },
    want: {
      path,
      publicKey: known.publicKey ?? knownAfterApply,
      hostKey: known.serverHostKey ?? knownAfterApply,
    },
  }
}

export function service(chain: Chain, known: Known): Placed {
  const { name, owner, account, folder, forwards, dialled, alive, command, disabled } = chain
  const supervisor = chain.client.supervisor ?? known.supervisor
  const text = textFor(supervisor ?? 'systemd', {
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
    at: { unit, owner, text, ...(supervisor && { supervisor }), ...(disabled && { disabled }) },
    want: {
      supervisor: supervisor ?? knownAfterApply,
      unit: supervisor ? nameOf(supervisor, unit) : knownAfterApply,
      unitSha256: chain.vague || !supervisor ? knownAfterApply : sha256(text),
      active: disabled ? null : true,
      // Where nothing boots the host, nothing starts it.
      enabled: disabled ? false : supervisor ? supervisor !== 'pidfile' : knownAfterApply,
    },
  }
}

const isPrivileged = (listen: Address): boolean => listen.kind === 'tcp' && listen.port < 1024
