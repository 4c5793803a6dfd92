// Through a SOCKS proxy, as ssh -D is one: from then on the connection is one to what was named.
import type { Duplex } from 'node:stream'
import type { Endpoint } from '../../schemas/endpoint'

/** RFC 1928. Addresses are named as text too, for sshd compares the text that it gets with its PermitOpen. */
const version = 5
const noAuthentication = 0
const connect = 1
const byName = 3

/** Rejects where what answers is no proxy. ssh says yes before it has dialled, so a yes proves nothing yet. */
export async function throughSocks(stream: Duplex, { host, port }: Endpoint, ms: number): Promise<Duplex> {
  const take = reader(stream, ms)
  stream.write(Buffer.from([version, 1, noAuthentication]))
  const chosen = await take(2)
  if (chosen[0] !== version || chosen[1] !== noAuthentication) throw new Error('what listens there is no SOCKS proxy')
  const name = Buffer.from(host)
  stream.write(
    Buffer.concat([
      Buffer.from([version, connect, 0, byName, name.length]),
      name,
      Buffer.from([port >> 8, port & 255]),
    ]),
  )
  const [, reply = 1, , kind, length = 0] = await take(5)
  if (reply !== 0) throw new Error(`the proxy does not take ${host}:${port} (SOCKS reply ${reply})`)
  // The address that it has bound, of which a byte was taken, and its port.
  await take((kind === byName ? length : kind === 4 ? 15 : 3) + 2)
  return stream
}

/** Takes exactly so many bytes; what comes behind them stays in the stream. */
function reader(stream: Duplex, ms: number) {
  return (size: number): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const end = (why: Error | null, bytes?: Buffer) => {
        clearTimeout(timer)
        stream.off('readable', look)
        for (const event of ['end', 'close', 'error']) stream.off(event, closed)
        if (bytes) resolve(bytes)
        else reject(why)
      }
      const look = () => {
        const bytes = stream.read(size) as Buffer | null
        if (bytes?.length === size) end(null, bytes)
      }
      const closed = () => end(new Error('the connection was accepted and closed at once'))
      const timer = setTimeout(() => end(new Error(`the proxy said nothing within ${ms / 1000} s`)), ms)
      stream.on('readable', look)
      for (const event of ['end', 'close', 'error']) stream.on(event, closed)
      look()
    })
}
