// Opens a TCP connection from this machine, with a limit on the time and words for what went wrong.
import { connect, type Socket } from 'node:net'

interface ConnectFailure {
  readonly why: string
  readonly cure: string
  /** The system's own word for it, where `why` does not say it: ECONNREFUSED. */
  readonly code?: string
  /** Its name leads to no address. */
  readonly isUnknownName?: true
  /** It was there, and closed the connection at once. */
  readonly isDrop?: true
}

/** Resolves with a socket that has connected, or with why it has not. */
export function connectTcp(address: string, port: number, timeoutMs: number): Promise<Socket | ConnectFailure> {
  return new Promise(resolve => {
    // Node gives up each address but the last after 250 ms, too short for a far host (nodejs/node#54359).
    const attempt = Math.min(3000, timeoutMs / 2)
    const socket = connect({ host: address, port, noDelay: true, autoSelectFamilyAttemptTimeout: attempt })
    const timer = setTimeout(() => {
      socket.destroy()
      resolve(noAnswer(timeoutMs))
    }, timeoutMs)
    const fail = (error: NodeJS.ErrnoException) => {
      clearTimeout(timer)
      resolve(explain(error, address, timeoutMs))
    }
    socket.once('error', fail)
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.off('error', fail)
      resolve(socket)
    })
  })
}

export function noAnswer(timeoutMs: number): ConnectFailure {
  return {
    why: `no answer in ${timeoutMs / 1000} s`,
    cure: 'check the address, that the host is up, and that no firewall on the way drops the connection',
  }
}

function explain(error: NodeJS.ErrnoException, address: string, timeoutMs: number): ConnectFailure {
  switch (error.code) {
    case 'ECONNREFUSED':
      return {
        why: 'connection refused',
        code: error.code,
        cure: 'check the port, and that the service runs on the host',
      }
    case 'ECONNRESET':
      return { why: 'connection reset', cure: 'see the log of its sshd, and try again', isDrop: true }
    case 'ETIMEDOUT':
      return noAnswer(timeoutMs)
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return { why: `no route to ${address} (${error.code})`, cure: 'check the address and the network' }
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return {
        why: `the name ${address} cannot be resolved (${error.code})`,
        cure: 'check the spelling, or use an IP address',
        isUnknownName: true,
      }
    default:
      return { why: error.message || String(error.code), cure: 'check the address and the network' }
  }
}

/** The same to a unix socket of this machine, whose kernel answers at once. */
export function connectSocket(path: string): Promise<Socket | ConnectFailure> {
  return new Promise(resolve => {
    const socket = connect({ path })
    socket.once('error', (error: NodeJS.ErrnoException) =>
      resolve({ why: error.message, code: error.code, cure: 'check that the service runs and listens there' }),
    )
    socket.once('connect', () => {
      socket.removeAllListeners('error')
      resolve(socket)
    })
  })
}
