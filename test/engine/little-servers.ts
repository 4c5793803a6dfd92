// Little real services on loopback for the probe: each speaks, or not, as some far services do.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'

export interface LittleServer {
  readonly port: number
  stop(): Promise<void>
}

async function listen(server: Server, address: string): Promise<LittleServer> {
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => open.delete(socket))
  })
  await new Promise<void>(resolve => server.listen(0, address, resolve))
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => {
      for (const socket of open) socket.destroy()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}

/** What each connection meets. */
export const serve = (meet: (socket: Socket) => void, address = '127.0.0.1'): Promise<LittleServer> =>
  listen(createServer(meet), address)

/** With a certificate that it made for itself, for `name`. */
export function serveTls(name: string): Promise<LittleServer> {
  const folder = mkdtempSync(join(tmpdir(), 'little-tls-'))
  try {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=${name} -keyout ${key} -out ${cert}`
    execFileSync('openssl', words.split(' '), { stdio: 'pipe' })
    return listen(createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }), '127.0.0.1')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A port on which nothing listens: it was free a moment ago. */
export async function findClosedPort(): Promise<number> {
  const { port, stop } = await serve(() => {})
  await stop()
  return port
}
