// What a tunnel needs on the host that runs ssh: an account, its key, and the service. Pure.
import type { Address } from '../../schemas/address'
import { few } from '../../schemas/few'
import { flagOf } from '../../schemas/forward'
import { knownAfterApply, sha256 } from '../parts/part'
import * as paths from '../parts/paths'
import { nameOf, textFor } from '../parts/service'
import { sshConfigText } from '../parts/ssh-config'
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

const pinnedAs = (address: string, port: number) => (port === 22 ? address : `[${address}]:${port}`)
const knownHostsOf = ({ folder }: Chain) => `${folder}/known_hosts`
const keyOf = ({ folder }: Chain) => `${folder}/key`

export function key(chain: Chain, known: Known): Placed {
  const { client, account, dialled, jumps, rotate } = chain
  const path = keyOf(chain)
  return {
    kind: 'key',
    attribute: 'key',
    host: client,
    round: 0,
    at: {
      path,
      knownHosts: knownHostsOf(chain),
      account,
      server: pinnedAs(dialled.address, dialled.port),
      ...(jumps.length > 0 && { jumps: jumps.map(({ address, port }) => pinnedAs(address, port)) }),
      ...rotationAt(chain, known),
    },
    want: {
      path,
      publicKey: wantedKey(chain, known),
      ...(rotate !== undefined && { rotation: rotate }),
      hostKey: known.serverHostKey ?? knownAfterApply,
      ...(jumps.length > 0 && { jumpHostKeys: pinnedOf(chain, known) }),
    },
  }
}

/** All or none: what is planned is a whole list. */
function pinnedOf({ jumps }: Chain, { jumpHostKeys = [] }: Known): string[] | typeof knownAfterApply {
  const known = jumps.flatMap((_, at) => jumpHostKeys[at] ?? [])
  return known.length === jumps.length ? known : knownAfterApply
}

/** Where nothing lies between client and server there is none. */
export function sshConfig(chain: Chain): Placed {
  const { name, owner, client, alive, jumps } = chain
  const path = paths.sshConfigOf(name)
  const goesBy = { key: keyOf(chain), knownHosts: knownHostsOf(chain), ...alive, hops: jumps.length }
  const text = jumps.length > 0 ? sshConfigText({ tunnel: name, owner, ...goesBy }) : ''
  return {
    kind: 'ssh-config',
    attribute: 'sshConfig',
    host: client,
    round: 0,
    at: { path, text },
    want: jumps.length > 0 ? { path, sha256: sha256(text) } : null,
  }
}

export function service(chain: Chain, known: Known): Placed {
  const { name, owner, account, forwards, dialled, alive, command, disabled, jumps, jumpWord } = chain
  const supervisor = chain.client.supervisor ?? known.supervisor
  const text = textFor(supervisor ?? 'systemd', {
    tunnel: name,
    owner,
    // systemd says it with each start and stop.
    description: `${name}: ${few(forwards.map(flagOf)).join(' ')}`,
    account,
    key: keyOf(chain),
    knownHosts: knownHostsOf(chain),
    ...alive,
    forwards,
    command,
    server: dialled,
    isAlterable: chain.isAlterable,
    ...(jumpWord !== null && { jumps: { word: jumpWord, hops: jumps.length, config: paths.sshConfigOf(name) } }),
    socketMode: chain.socketMode,
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

/** A host chooses no such port. */
const isPrivileged = (listen: Address): boolean => listen.kind === 'tcp' && listen.port > 0 && listen.port < 1024
