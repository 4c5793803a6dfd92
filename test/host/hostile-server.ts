// An SSH server that lets us in and then answers as it likes.
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo, Socket } from 'node:net'
import { type Connection, Server, type ServerChannel } from 'ssh2'
import type { Host } from '../../schemas/types'

export interface HostileServer {
  readonly host: Host
  end(): Promise<void>
}

/** Does with each program that we start what `answer` does: the channel, the command line, and the whole connection. */
export async function startHostile(
  name: string,
  identityFile: string,
  hostKeyFile: string,
  answer: (channel: ServerChannel, command: string, connection: Connection) => void,
  options: { readonly banner?: string } = {},
): Promise<HostileServer> {
  const hostKeys = [readFileSync(hostKeyFile)]
  const sockets = new Set<Socket>()
  const server = new Server({ hostKeys, ...options }, connection => {
    connection.on('error', () => {})
    connection.on('authentication', context =>
      context.method === 'publickey' || context.method === 'none'
        ? context.method === 'none'
          ? context.reject(['publickey'])
          : context.accept()
        : context.reject(),
    )
    connection.on('session', accept => {
      const session = accept()
      session.on('exec', (acceptExec, _reject, { command }) => {
        const channel = acceptExec()
        channel.on('error', () => {})
        answer(channel, command, connection)
      })
    })
  })
  const inner = (server as unknown as { _srv: { on(event: 'connection', hear: (socket: Socket) => void): void } })._srv
  inner.on('connection', socket => sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const hostKey = execFileSync('ssh-keygen', ['-y', '-f', hostKeyFile], { encoding: 'utf8' })
    .trim()
    .split(' ')
    .slice(0, 2)
    .join(' ')
  return {
    host: { name, address: '127.0.0.1', port, hostKey, identityFile },
    end: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
