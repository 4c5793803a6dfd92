// From a tunnel to the parts that it needs, each placed on a host. Pure: a plan shows all of it before anything is touched.
import { listeningHost } from '../../schemas/check-listen'
import { commandOf, endpointOf } from '../../schemas/describe-tunnel'
import {
  familyOf,
  formatEndpoint,
  isLoopback,
  isWildcard,
  parseEndpoint,
  requireHost,
  requireNetwork,
} from '../../schemas/endpoint'
import { isOneMachine } from '../../schemas/machine'
import type { Tunnel } from '../../schemas/types'
import { describeAsk } from '../parts/firewall'
import { authorizedOptions, matchText } from '../parts/least-privilege'
import { sha256, unknown } from '../parts/part'
import * as paths from '../parts/paths'
import { unitText } from '../parts/unit-text'
import { type Derived, defaultOwner, type Known, type Placed } from './placed'

const defaults = { interval: 30, countMax: 3, shell: '/usr/sbin/nologin' } as const

function endpoint(text: string): { host: string; port: number } {
  const parsed = parseEndpoint(text)
  // Validation has refused such text before; derive is never asked about it.
  if ('error' in parsed) throw new Error(`${text}: ${parsed.error}`)
  return parsed
}

export function deriveTunnel(tunnel: Tunnel, known: Known): Derived {
  const { name, client, server } = tunnel
  const owner = tunnel.owner ?? defaultOwner
  const listen = endpoint(tunnel.listen)
  const far = endpoint(tunnel.far)
  const remote = tunnel.forward === 'remote'
  const together = isOneMachine(client, server)
  const listener = listeningHost(tunnel)
  const listenText = formatEndpoint(listen)
  const farText = formatEndpoint(far)
  const account = paths.accountOf(name)
  const folder = paths.folderOf(name)
  const dialled = {
    address: together ? '127.0.0.1' : requireHost(server.address ?? '127.0.0.1'),
    port: server.port ?? 22,
  }
  const interval = tunnel.serverAlive?.interval ?? defaults.interval
  const countMax = tunnel.serverAlive?.countMax ?? defaults.countMax
  const forward = `-${remote ? 'R' : 'L'} ${listenText}:${farText}`
  const publicKey = known.publicKey ?? unknown

  const accountWant = { name: account, shell: defaults.shell, owner }
  const options = authorizedOptions(tunnel.forward, listenText, farText)
  const settings = {
    allowTcpForwarding: remote ? 'remote' : 'local',
    gatewayPorts: remote ? 'clientspecified' : 'no',
    permitOpen: [remote ? 'none' : farText],
    permitListen: [remote ? listenText : 'none'],
    clientAliveInterval: interval,
    clientAliveCountMax: countMax,
  }
  const authorizedKeys = `${folder}/authorized_keys`
  const clientAddress = together ? '127.0.0.1' : familyOf(client.address ?? '') === null ? null : client.address
  const dropIn =
    paths.header(`tunnel ${name}`, owner) +
    // remote/snapshot.sh asks sshd for the effective values of a connection from there.
    (clientAddress ? `# client ${clientAddress}\n` : '') +
    matchText(account, authorizedKeys, settings)
  const unit = unitText({
    tunnel: name,
    owner,
    description: `${name}: ${listenText} to ${farText}`,
    account,
    key: `${folder}/key`,
    knownHosts: `${folder}/known_hosts`,
    interval,
    countMax,
    forward,
    server: dialled,
    bindsPrivileged: !remote && listen.port < 1024,
  })
  const asks = isLoopback(listen.host)
    ? []
    : [
        {
          address: isWildcard(listen.host) ? null : listen.host,
          port: listen.port,
          from: tunnel.allowFrom?.map(requireNetwork) ?? null,
        },
      ]

  const placed: Placed[] = [
    {
      kind: 'account',
      attribute: 'account',
      host: server,
      round: together ? 0 : 1,
      at: { name: account, owner },
      want: accountWant,
    },
    ...(together
      ? []
      : [
          {
            kind: 'account',
            attribute: 'clientAccount',
            host: client,
            round: 0,
            at: { name: account, owner },
            want: accountWant,
          } satisfies Placed,
        ]),
    {
      kind: 'key',
      attribute: 'key',
      host: client,
      round: 0,
      at: {
        path: `${folder}/key`,
        knownHosts: `${folder}/known_hosts`,
        account,
        server: dialled.port === 22 ? dialled.address : `[${dialled.address}]:${dialled.port}`,
      },
      want: { path: `${folder}/key`, publicKey, hostKey: known.serverHostKey ?? unknown },
    },
    {
      kind: 'authorized-key',
      attribute: 'authorizedKey',
      host: server,
      round: 1,
      at: { path: authorizedKeys, account },
      want: { options, publicKey },
    },
    {
      kind: 'sshd',
      attribute: 'sshd',
      host: server,
      round: 1,
      at: {
        dropIn: paths.dropInOf(name),
        text: dropIn,
        user: account,
        asked: [
          'allowTcpForwarding',
          'gatewayPorts',
          'permitOpen',
          'permitListen',
          'clientAliveInterval',
          'clientAliveCountMax',
        ],
      },
      want: { dropIn: paths.dropInOf(name), dropInSha256: sha256(dropIn), ...settings },
    },
    {
      kind: 'firewall',
      attribute: 'firewall',
      host: listener,
      round: 1,
      at: { tag: `ssh-tunnels ${name} ${owner}`, file: `${folder}/firewall.nft`, asks },
      want: asks.length > 0 ? { opens: asks.map(describeAsk), open: true, persistent: true } : null,
    },
    {
      kind: 'service',
      attribute: 'service',
      host: client,
      round: 2,
      at: { unit: paths.unitOf(name), text: unit },
      want: { unit: paths.unitOf(name), unitSha256: sha256(unit), active: true, enabled: true },
    },
  ]
  const reached = endpointOf(tunnel)
  return {
    placed,
    outputs: {
      endpoint: reached,
      command: commandOf(tunnel),
      serverHostKey: known.serverHostKey ?? unknown,
    },
    listening: { on: listener, address: listen.host, port: listen.port, endpoint: reached },
  }
}
