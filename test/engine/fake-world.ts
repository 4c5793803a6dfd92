// Made-up hosts that belong together: who listens where follows from all of them, and what far answers is told.
import { Duplex } from 'node:stream'
import { Fault } from '../../engine/fault'
import type { Listener, Snapshot } from '../../engine/parts/snapshot'
import type { Host } from '../../schemas/types'

/** What a far service does with a connection. */
export type Far = 'answers' | 'says nothing' | 'hangs up' | 'refuses' | 'drops'

export interface Placed {
  readonly host: Host
  readonly on: Snapshot
}

interface Running {
  readonly name: string
  readonly client: Placed
  readonly server: Placed
  readonly far: string
  readonly isRemote: boolean
  readonly address: string
  readonly port: number
}

/** What one ssh on a host does, as its unit says: each of its forwards; none where the unit's text is none of ours. */
function readUnit(client: Placed, unit: string, all: readonly Placed[]): Running[] {
  const text = client.on.files[`/etc/systemd/system/${unit}`]?.text ?? ''
  const [, name = '', serverAddress] = / tun-(\S+)@(\S+)\n/.exec(text.slice(text.indexOf('ExecStart='))) ?? []
  const server = all.find(({ host }) => host.address === serverAddress)
  if (!server) return []
  return [...text.matchAll(/^ {2}-([LR]) ([^ :]+):(\d+):(\S+)/gm)].map(([, kind, address = '', port, far = '']) => ({
    ...{ name, client, server, far, address },
    isRemote: kind === 'R',
    port: Number(port),
  }))
}

/** Whether sshd lets this ssh in, and forward: its account, its key and its drop-in are there. */
function isLetIn({ name, client, server, isRemote, address, port }: Running): boolean {
  const key = client.on.keys[`/etc/ssh-tunnels/${name}/key`]
  const authorized = server.on.files[`/etc/ssh-tunnels/${name}/authorized_keys`]?.text ?? ''
  const dropIn = server.on.files[`/etc/ssh/sshd_config.d/10-ssh-tunnels-${name}.conf`]?.text ?? ''
  const permit = isRemote ? `permitlisten="${address}:${port}"` : 'permitopen='
  return Boolean(
    key &&
      client.on.accounts[`tun-${name}`] &&
      server.on.accounts[`tun-${name}`] &&
      client.on.files[`/etc/ssh-tunnels/${name}/known_hosts`] &&
      authorized.includes(key) &&
      authorized.includes(permit) &&
      dropIn.includes(`Match User tun-${name}`),
  )
}

/** All that ssh listens on at a host for tunnels, except those that `isMute` keeps from it. */
export function tunnelsAt(
  where: Placed,
  all: readonly Placed[],
  isMute: (name: string) => boolean,
): (Running & { listener: Listener })[] {
  const running = all.flatMap(client =>
    Object.entries(client.on.units).flatMap(([unit, shown]) =>
      shown.ActiveState === 'active' ? readUnit(client, unit, all) : [],
    ),
  )
  return running
    .filter(one => (one.isRemote ? one.server : one.client).host === where.host)
    .filter(one => isLetIn(one) && !isMute(one.name))
    .map(one => ({
      ...one,
      listener: {
        address: one.address,
        port: one.port,
        program: one.isRemote ? 'sshd' : 'ssh',
        pid: 700,
        uid: where.on.accounts[`tun-${one.name}`]?.uid ?? 0,
      },
    }))
}

/** The stream of a connection to a far; through a tunnel ssh accepts first, so that a refusal is a hang-up. */
export function answer(far: Far, through: boolean, host: string): Duplex {
  if ((far === 'refuses' || far === 'drops') && !through) {
    const happened = far === 'drops' ? 'no answer in 15 s' : 'connection refused'
    throw new Fault({ code: 'dial-failed', host, what: `nobody answers ${host}`, happened })
  }
  const stream = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() })
  if (far === 'answers') stream.push('SSH-2.0-made-up\r\n')
  if (far === 'hangs up' || far === 'refuses') stream.push(null)
  return stream
}
