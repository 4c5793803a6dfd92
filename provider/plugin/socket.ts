// The place where the server listens: a unix socket that only we may enter, or a TCP port on loopback.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Place {
  readonly network: 'unix' | 'tcp'
  readonly address: string
}

export interface Socket {
  /** As grpc-js names it. */
  readonly target: string
  /** The place, once the port is known. */
  place(port: number): Place
  remove(): void
}

// sun_path of unix(7) holds 107 bytes and a zero; Node 20 cuts a longer path silently.
const LONGEST = 107

export function makeSocket(folders: readonly string[] = [tmpdir(), '/tmp']): Socket {
  for (const folder of folders) {
    // mkdtemp makes the folder with mode 0700.
    const parent = join(folder, 'tfp-')
    if (Buffer.byteLength(`${parent}XXXXXX/s`) > LONGEST) continue
    try {
      const own = mkdtempSync(parent)
      const path = join(own, 's')
      return {
        target: `unix:${path}`,
        place: () => ({ network: 'unix', address: path }),
        remove: () => rmSync(own, { recursive: true, force: true }),
      }
    } catch {
      // Not writable: the next one.
    }
  }
  return {
    target: '127.0.0.1:0',
    place: port => ({ network: 'tcp', address: `127.0.0.1:${port}` }),
    remove: () => {},
  }
}
