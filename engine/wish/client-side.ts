// What a tunnel needs on the host that runs ssh: an account, its key, and the service. Pure.
import type { Address } from '../../schemas/address'
import { isUsers } from '../../schemas/as-user'
import { few } from '../../schemas/few'
import { flagOf } from '../../schemas/forward'
import { isOurs } from '../../schemas/machine'
import { knownAfterApply, sha256 } from '../parts/part'
import * as paths from '../parts/paths'
import { nameOf, textFor } from '../parts/service'
import type { UnitPlan } from '../parts/service/unit-plan'
import { sshConfigText } from '../parts/ssh-config'
import { accountState } from './account'
import type { Chain } from './chain'
import type { Known, Placed } from './placed'
import { rotationAt } from './rotation'

export const clientAccount = (chain: Chain): Placed => ({
  kind: 'account',
  attribute: 'clientAccount',
  host: chain.client,
  round: 0,
  at: { name: chain.account, owner: chain.owner },
  want: accountState(chain),
})

/** How known_hosts names an sshd. */
const pinnedAs = (address: string, port: number) => (port === 22 ? address : `[${address}]:${port}`)

/** How it names the server. */
export const knownAs = ({ dialled: { address, port } }: Chain): string => pinnedAs(address, port)

export function key(chain: Chain, known: Known): Placed {
  const { client, server, account, runs, jumps, rotate, publicKey, hostKey, jumpHostKeys } = chain
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
      ...(jumps.length > 0 && { jumps: jumps.map(({ address, port }) => pinnedAs(address, port)) }),
      ...(from !== undefined && { from }),
      ...rotationAt(chain, known),
    },
    want: {
      path: runs.key,
      publicKey,
      ...(rotate !== undefined && { rotation: rotate }),
      hostKey,
      ...(jumps.length > 0 && { jumpHostKeys }),
    },
  }
}

/** By it the side that is not ours is known from what stands on the other, when nothing declares the tunnel any more. */
export function handedNote({ client, server, login }: Chain): { readonly handed?: string } {
  if (!isOurs(client)) return { handed: `client ${client.name}` }
  return isOurs(server) ? {} : { handed: `server ${server.name} ${login}` }
}

/** What the unit does that runs its ssh, whoever installs it. */
export const unitPlan = (chain: Chain): UnitPlan => ({
  tunnel: chain.name,
  owner: chain.owner,
  description: `${chain.name}: ${few(chain.forwards.map(flagOf)).join(' ')}`,
  account: chain.runs.as,
  login: chain.login,
  key: chain.runs.key,
  knownHosts: chain.runs.knownHosts,
  ...chain.alive,
  forwards: chain.forwards,
  command: chain.command,
  server: chain.dialled,
  ...(chain.jumpWord !== null && {
    jumps: { word: chain.jumpWord, hops: chain.jumps.length, config: paths.sshConfigOf(chain.name, chain.client) },
  }),
  isAlterable: chain.isAlterable,
  socketMode: chain.socketModes.ssh,
  bindsPrivileged: chain.forwards.some(({ type, listen }) => type !== 'remote' && isPrivileged(listen)),
  ...(isUsers(chain.client) && { isUsers: true as const }),
  ...handedNote(chain),
  ...(isOurs(chain.client) ? {} : { installedBy: `the owner of ${chain.client.name}` }),
})

/** Where nothing lies between client and server there is none. */
export function sshConfig(chain: Chain): Placed {
  const { name, owner, client, alive, jumps, runs } = chain
  const path = paths.sshConfigOf(chain.name, chain.client)
  const goesBy = { key: runs.key, knownHosts: runs.knownHosts, ...alive, hops: jumps.length }
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
  const { name, owner, server, disabled } = chain
  const supervisor = chain.client.supervisor ?? known.supervisor
  const text = textFor(supervisor ?? 'systemd', unitPlan(chain))
  const unit = paths.unitOf(name)
  return {
    kind: 'service',
    attribute: 'service',
    host: chain.client,
    round: 2,
    at: {
      unit,
      owner,
      text,
      ...(supervisor && { supervisor }),
      ...(disabled && { disabled }),
      ...(isOurs(server) ? {} : { hangsOnOthers: true }),
    },
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
