// The ssh that `open` runs: the system's own, with what makes a tunnel safe and honest.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatAddress } from '../schemas/address'
import { openForwards } from '../schemas/chosen-port'
import { commandOf } from '../schemas/describe-tunnel'
import { flagOf, forwardsOf } from '../schemas/forward'
import { isOurs } from '../schemas/machine'
import { isProxy } from '../schemas/proxy-command'
import { socketOptions } from '../schemas/socket-folder'
import type { Host, Jump, Tunnel } from '../schemas/types'
import { flagOfForward, type HandForward, writeForward, writeProcess } from '../spec/from-ssh'
import { WrongWords } from './command'
import { audible } from './hear-ssh'
import { underHome } from './here'

export interface ToOpen {
  /** Words behind `ssh`. */
  readonly argv: readonly string[]
  /** As one would type it, for people. */
  readonly shown: string
  /** Forwards that sshd listens for: ssh tells when it has taken each. */
  readonly atServer: number
  /** Where ssh goes to. */
  readonly server: string
}

export interface How {
  /** Nobody is there to be asked for anything. */
  readonly isSilent: boolean
  readonly isVerbose: boolean
}

const safely = ({ isSilent, isVerbose }: How): string[] =>
  [
    'ExitOnForwardFailure=yes',
    'ServerAliveInterval=30',
    'ServerAliveCountMax=3',
    'ConnectTimeout=15',
    'StrictHostKeyChecking=yes',
    'ForwardAgent=no',
    'ForwardX11=no',
    'PermitLocalCommand=no',
    'ControlMaster=no',
    'ControlPath=none',
    'RequestTTY=no',
    ...audible(isVerbose),
    `BatchMode=${isSilent ? 'yes' : 'no'}`,
  ].flatMap(option => ['-o', option])

export interface Line {
  readonly forwards: readonly HandForward[]
  readonly destination: string
  /** -p, -J, -i, -l, -o and -g, as given. */
  readonly more: readonly string[]
}

export function openLine({ forwards, destination, more }: Line, how: How): ToOpen {
  const flags = forwards.flatMap(forward => [flagOfForward(forward), writeForward(forward)])
  return {
    // The first of each option counts: ours.
    argv: ['-N', ...safely(how), ...more, ...flags, '--', destination],
    shown: writeProcess(['ssh', '-N', ...flags, ...more, destination]),
    atServer: forwards.filter(({ by }) => by === 'server').length,
    server: destination,
  }
}

/** `folder` is where its ssh_config and its pinned host keys go. @throws WrongWords when this machine is not the tunnel's client */
export function openTunnel(tunnel: Tunnel, folder: string, how: How): ToOpen {
  const { client, server, name } = tunnel
  if (!isOurs(client))
    throw new WrongWords(
      `${client.name}, the client of ${name}, is not ours: its owner runs it, as ssh-tunnels handover tells him`,
    )
  if (openForwards(tunnel).length > 0)
    throw new WrongWords(
      `${name} listens on port 0, which its host chooses when it is applied: open it by -L, -R or -D with a port`,
    )
  if (!client.local) {
    const there = `${client.user ?? 'root'}@${client.address}`
    const forwards = forwardsOf(tunnel)
    const ways = forwards.flatMap(({ listen, far }) => {
      const port = listen.kind === 'tcp' ? listen.port : 0
      return `-L 127.0.0.1:${port < 1024 ? port + 10_000 : port}:${formatAddress(far)}`
    })
    const from = forwards.every(({ type }) => type === 'local')
      ? ` from here, for yourself: ssh-tunnels open ${ways.join(' ')} ${server.address ? `${server.user ?? 'root'}@${server.address}` : there}`
      : ''
    throw new WrongWords(
      `the client of ${name} is ${client.name}, not this machine: ssh-tunnels apply has it run there; by hand, after ssh ${there}: ${commandOf(tunnel)};${from}`.replace(
        /;$/,
        '',
      ),
    )
  }
  const config = join(folder, 'ssh_config')
  // Where the tunnel goes over jump hosts so does this one, by our own logins there.
  const hosts = tunnel.jumps ? [...tunnel.jumps, server] : [...(server.via ?? []), server]
  const blocks = hosts.map((host, at) => hostBlock(host, hosts.slice(0, at), folder))
  // After ours, of which the first counts; for hosts of other names nothing is read.
  const theirs = hosts
    .filter(({ sshConfig }) => sshConfig)
    .map(host => `Match originalhost ${aliasOf(host)}\n  Include ~/.ssh/config /etc/ssh/ssh_config\n`)
  writeFileSync(config, [...blocks, ...theirs].join('\n'), { mode: 0o600 })
  const forwards = forwardsOf(tunnel)
  const flags = forwards.map(flagOf)
  const ofSockets = Object.entries(socketOptions(forwards, tunnel.socketMode)).map(words => words.join('='))
  return {
    argv: [
      ...['-F', config, '-N', ...safely(how), ...ofSockets.flatMap(option => ['-o', option])],
      ...flags.flatMap(flag => flag.split(' ')),
      ...['--', aliasOf(server)],
    ],
    shown: `ssh -N ${flags.join(' ')} ${server.user ?? 'root'}@${server.address ?? '127.0.0.1'}`,
    atServer: forwards.filter(({ type }) => type === 'remote').length,
    server: server.name,
  }
}

/** Where ssh's own configuration holds too, it is by that name. */
const aliasOf = ({ name, sshConfig }: Host | Jump) => (sshConfig ? name : `ssh-tunnels-${name}`)

function hostBlock(host: Host | Jump, before: readonly (Host | Jump)[], folder: string): string {
  const {
    address = '127.0.0.1',
    port = 22,
    user = 'root',
    identityFile,
    hostKey,
    knownHosts,
    hostKeyAlias,
    proxyCommand,
  } = host
  const pinned = join(folder, `${host.name}.known_hosts`)
  if (hostKey) writeFileSync(pinned, `${aliasOf(host)} ${hostKey}\n`, { mode: 0o600 })
  const last = before.at(-1)
  return [
    `Host ${aliasOf(host)}`,
    // ssh expands % there.
    `  HostName ${address.replaceAll('%', '%%')}`,
    `  Port ${port}`,
    `  User ${user}`,
    ...(hostKey || knownHosts || !host.sshConfig
      ? [`  UserKnownHostsFile ${quoted(hostKey ? pinned : underHome(knownHosts ?? '~/.ssh/known_hosts'))}`]
      : []),
    ...(hostKey
      ? [`  HostKeyAlias ${aliasOf(host)}`, '  GlobalKnownHostsFile none']
      : hostKeyAlias
        ? [`  HostKeyAlias ${hostKeyAlias}`]
        : []),
    ...(identityFile ? [`  IdentityFile ${quoted(underHome(identityFile))}`, '  IdentitiesOnly yes'] : []),
    ...(host.certificateFile ? [`  CertificateFile ${quoted(underHome(host.certificateFile))}`] : []),
    '  StrictHostKeyChecking yes',
    ...(last ? [`  ProxyJump ${aliasOf(last)}`] : []),
    // Its name here is the alias.
    ...(isProxy(proxyCommand)
      ? [`  ProxyCommand ${proxyCommand.replace(/%%|%n/g, token => (token === '%n' ? host.name : token))}`]
      : // Else a way that ssh's own configuration has would hold.
        proxyCommand !== undefined
        ? ['  ProxyCommand none']
        : []),
    '',
  ].join('\n')
}

/** ssh expands % in paths, and reads blanks as an end. */
const quoted = (path: string) => `"${path.replaceAll('%', '%%')}"`
