// The gRPC server: Terraform's provider service and go-plugin's own three, on one socket.
import { Server, ServerCredentials, type UntypedServiceImplementation } from '@grpc/grpc-js'
import { absentHandlers } from './absent'
import type { Certificate } from './certificate'
import { brokerService, controllerService, providerService, stdioService } from './messages'
import { makeSocket, type Place } from './socket'

export interface Listening {
  readonly place: Place
  /** Lets replies leave, for half a second at most, and removes the socket. */
  close(): Promise<void>
  /** For the last moment of a process. */
  removeSocket(): void
}

export interface Services {
  readonly provider: UntypedServiceImplementation
  /** Terraform has connected. */
  onConnect(): void
  /** Terraform is done with this process. */
  onShutdown(): void
}

/** Mutual TLS: only the holder of the client certificate gets in, and Terraform trusts exactly our certificate. */
export interface Identity {
  readonly own: Certificate
  readonly client: string
}

export async function listen(services: Services, identity?: Identity): Promise<Listening> {
  const server = new Server({
    // grpc-js takes 4 MB at most unless told otherwise; a state may be larger.
    'grpc.max_receive_message_length': -1,
    'grpc.enable_channelz': 0,
  })
  server.addService(providerService, { ...absentHandlers, ...services.provider })
  addPluginServices(server, services)
  const socket = makeSocket()
  let port: number
  try {
    port = await bind(server, socket.target, identity)
  } catch (error) {
    socket.remove()
    throw error
  }
  return {
    place: socket.place(port),
    removeSocket: socket.remove,
    close: async () => {
      await new Promise<void>(resolve => {
        const force = setTimeout(() => server.forceShutdown(), 500)
        server.tryShutdown(() => {
          clearTimeout(force)
          resolve()
        })
      })
      socket.remove()
    },
  }
}

/** go-plugin kills a process that does not answer Shutdown; it also opens the other two and never uses them with us. */
function addPluginServices(server: Server, { onConnect, onShutdown }: Services): void {
  server.addService(controllerService, {
    Shutdown: (_call: unknown, reply: (error: null, response: object) => void) => {
      reply(null, {})
      onShutdown()
    },
  })
  // Open until Terraform goes: it is the first thing that go-plugin calls.
  server.addService(stdioService, { StreamStdio: () => onConnect() })
  server.addService(brokerService, {
    StartStream: (stream: NodeJS.ReadWriteStream) => {
      stream.on('data', () => {})
      stream.on('end', () => stream.end())
    },
  })
}

function bind(server: Server, target: string, identity?: Identity): Promise<number> {
  const credentials = identity
    ? ServerCredentials.createSsl(
        Buffer.from(identity.client),
        [{ private_key: Buffer.from(identity.own.keyPem), cert_chain: Buffer.from(identity.own.pem) }],
        true,
      )
    : ServerCredentials.createInsecure()
  return new Promise((resolve, reject) => {
    server.bindAsync(target, credentials, (error, port) => (error ? reject(error) : resolve(port)))
  })
}
