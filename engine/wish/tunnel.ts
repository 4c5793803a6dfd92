// From a tunnel to the parts that it needs, each placed on a host. Pure: a plan shows all of it before anything is touched.
import type { Address } from '../../schemas/address'
import { listeningHost } from '../../schemas/check-listen'
import { commandOf, endpointOf } from '../../schemas/describe-tunnel'
import { isLoopback, isWildcard, parseEndpoint, requireHost, requireNetwork } from '../../schemas/endpoint'
import { type Forward, flagOf, forwardsOf } from '../../schemas/forward'
import { isOneMachine } from '../../schemas/machine'
import { handWritten } from '../../schemas/owner'
import { mayBeSilent, probeKind } from '../../schemas/probe'
import type { Host, Tunnel } from '../../schemas/types'
import { comesThroughFirewall, seesFar, watchingHost } from '../../schemas/watching'
import { withoutManager } from '../parts/account'
import { type Ask, wantFirewall } from '../parts/firewall'
import { authorizedOptions, matchText, permissionFor } from '../parts/least-privilege'
import { ruleMark, writeMark } from '../parts/mark'
import { knownAfterApply, sha256 } from '../parts/part'
import * as paths from '../parts/paths'
import { unitText } from '../parts/service/unit-text'
import { type Watch, wantWatcher, watcherAt } from '../parts/watcher'
import { type Derived, type Known, type Listening, managerOf, type Placed } from './placed'

const defaults = { interval: 30, countMax: 3, every: '60s', shell: '/usr/sbin/nologin' } as const

/** A tunnel in the engine's terms: what every part of it is made from. */
interface Chain {
  readonly name: string
  readonly owner: string
  readonly client: Host
  readonly server: Host
  readonly forwards: readonly Forward[]
  readonly account: string
  readonly folder: string
  /** Client and server are one machine: then ssh goes to itself, and one account serves both sides. */
  readonly together: boolean
  /** Where the client finds the server's sshd. */
  readonly dialled: { readonly address: string; readonly port: number }
  readonly alive: { readonly interval: number; readonly countMax: number }
  readonly allowFrom: readonly string[] | null
  /** The ssh command line that it amounts to. */
  readonly command: string
  /** Only an apply can tell where the host finds its own sshd. */
  readonly vague: boolean
  /** Its ssh is left to who starts and stops it by hand. */
  readonly disabled: boolean
  /** Where each forward is listened to, in their order. */
  readonly listening: readonly Listening[]
}

export function deriveTunnel(tunnel: Tunnel, known: Known): Derived {
  const chain = chainOf(tunnel, known)
  const placed: Placed[] = [
    serverAccount(chain),
    ...(chain.together ? [] : [clientAccount(chain)]),
    key(chain, known),
    authorizedKey(chain, known),
    sshd(chain),
    firewall(chain),
    service(chain),
    watcher(tunnel, chain, 'watcher', chain.client),
    ...(chain.together ? [] : [watcher(tunnel, chain, 'serverWatcher', chain.server)]),
  ]
  const outputs: Derived['outputs'] = {
    endpoint: endpointOf(tunnel),
    command: chain.vague ? knownAfterApply : chain.command,
    serverHostKey: known.serverHostKey ?? knownAfterApply,
  }
  return { placed, outputs, listening: chain.listening, ...(chain.disabled && { disabled: true }) }
}

function chainOf(tunnel: Tunnel, known: Known): Chain {
  const { name, client, server } = tunnel
  const together = isOneMachine(client, server)
  const itself = typeof known.itself === 'string' ? known.itself : '127.0.0.1'
  const forwards = forwardsOf(tunnel)
  const listening = forwards.flatMap(({ listen }) =>
    listen.kind === 'tcp'
      ? [{ host: listeningHost(tunnel), address: listen.host, port: listen.port, endpoint: endpointOf(tunnel) }]
      : [],
  )
  return {
    name,
    owner: tunnel.owner ?? handWritten,
    client,
    server,
    forwards,
    account: paths.accountOf(name),
    folder: paths.folderOf(name),
    together,
    dialled: {
      address: together ? itself : requireHost(server.address ?? '127.0.0.1'),
      port: server.port ?? 22,
    },
    alive: {
      interval: tunnel.serverAlive?.interval ?? defaults.interval,
      countMax: tunnel.serverAlive?.countMax ?? defaults.countMax,
    },
    allowFrom: tunnel.allowFrom?.map(requireNetwork) ?? null,
    command: commandOf(tunnel, itself),
    vague: together && known.itself === knownAfterApply,
    disabled: tunnel.enabled === false,
    listening,
  }
}

const accountState = ({ account, owner }: Chain) => ({ name: account, shell: defaults.shell, owner })

const serverAccount = (chain: Chain): Placed => ({
  kind: 'account',
  attribute: 'account',
  host: chain.server,
  round: 0,
  at: { name: chain.account, owner: chain.owner, unmanaged: unmanaged(chain) },
  want: accountState(chain),
})

const unmanaged = (chain: Chain) => ({
  tunnel: chain.name,
  text: withoutManager(writeMark({ tunnel: chain.name, owner: chain.owner, notes: {} }), authorizedKeysOf(chain)),
})

const clientAccount = (chain: Chain): Placed => ({
  kind: 'account',
  attribute: 'clientAccount',
  host: chain.client,
  round: 0,
  at: { name: chain.account, owner: chain.owner },
  want: accountState(chain),
})

function key({ client, account, folder, dialled: { address, port } }: Chain, known: Known): Placed {
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

const authorizedKeysOf = ({ folder }: Chain) => `${folder}/authorized_keys`

const authorizedKey = (chain: Chain, known: Known): Placed => ({
  kind: 'authorized-key',
  attribute: 'authorizedKey',
  host: chain.server,
  round: 1,
  at: { path: authorizedKeysOf(chain), account: chain.account },
  want: { options: authorizedOptions(chain.forwards), publicKey: known.publicKey ?? knownAfterApply },
})

function sshd(chain: Chain): Placed {
  const { name, owner, account, client, together, forwards, alive, dialled } = chain
  const settings = permissionFor(forwards, alive, authorizedKeysOf(chain))
  // remote/look.sh asks sshd for the effective values of such a connection.
  const notes = {
    client: together ? dialled.address : client.address,
    server: `${dialled.address} ${dialled.port}`,
  }
  const text = writeMark({ tunnel: name, owner, notes }) + matchText(account, settings, authorizedKeysOf(chain))
  const dropIn = paths.dropInOf(name)
  return {
    kind: 'sshd',
    attribute: 'sshd',
    host: chain.server,
    round: 0,
    at: {
      dropIn,
      owner,
      text,
      user: account,
      ...(together ? { itself: dialled } : {}),
      asked: [
        'allowTcpForwarding',
        ...(settings.gatewayPorts === undefined ? [] : (['gatewayPorts'] as const)),
        'permitOpen',
        'permitListen',
        'clientAliveInterval',
        'clientAliveCountMax',
        'maxSessions',
        'authorizedKeysFile',
        'allowStreamLocalForwarding',
        'permitTunnel',
      ],
    },
    want: {
      dropIn,
      dropInSha256: chain.vague ? knownAfterApply : sha256(text),
      ...settings,
      permitOpen: [...settings.permitOpen],
      permitListen: [...settings.permitListen],
    },
  }
}

function firewall({ name, owner, folder, listening, allowFrom, client, server, forwards }: Chain): Placed {
  const asks: Ask[] = listening
    .filter(({ address }) => !isLoopback(address))
    .map(({ address, port }) => ({ address: isWildcard(address) ? null : address, port, from: allowFrom }))
  const host = forwards.some(({ type }) => type === 'remote') ? server : client
  return {
    kind: 'firewall',
    attribute: 'firewall',
    host,
    round: 0,
    at: { tag: ruleMark(name, owner), owner, file: `${folder}/firewall.nft`, asks, ...managerOf(host) },
    want: asks.length > 0 ? wantFirewall(asks) : null,
  }
}

function service(chain: Chain): Placed {
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

/** On each of the hosts, so that one that has moved to the other goes from where it was. Of one that is disabled there is nothing to prove. */
function watcher(tunnel: Tunnel, { name, owner, disabled }: Chain, attribute: string, host: Host): Placed {
  const endpoint = parseEndpoint(endpointOf(tunnel))
  const far = parseEndpoint(tunnel.far)
  const watch: Watch | null =
    tunnel.watch && !disabled && watchingHost(tunnel) === host && !('error' in endpoint)
      ? {
          tunnel: name,
          owner,
          every: tunnel.watch.every ?? defaults.every,
          kind: probeKind(tunnel),
          address: endpoint.host,
          port: endpoint.port,
          // Who listens itself is asked over its loopback.
          pastFirewall: comesThroughFirewall(tunnel),
          statuses: tunnel.probeStatus ?? [],
          dials: mayBeSilent(tunnel) && seesFar(tunnel) && !('error' in far) ? far.port : null,
          hook: tunnel.watch.webhook === undefined ? (tunnel.watch.hook ?? []) : ['POST', tunnel.watch.webhook],
        }
      : null
  const at = watcherAt(name, owner, watch)
  return { kind: 'watcher', attribute, host, round: 2, at, want: watch && wantWatcher(at, watch) }
}

const isPrivileged = (listen: Address): boolean => listen.kind === 'tcp' && listen.port < 1024
