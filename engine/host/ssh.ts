// Speaks SSH: one login over a given stream, and on it programs and TCP connections. With keys.ts the only file that knows ssh2.
import { constants } from 'node:os'
import type { Duplex } from 'node:stream'
import { Client, type ClientChannel } from 'ssh2'
import { isSocket } from '../../schemas/address'
import { Fault } from '../fault'
import { feed } from './feed'
import { type Gathered, gather } from './gather'
import type { Hop } from './hop'
import { type Expectation, formatHostKey } from './host-key'
import { authOf } from './keys'
import { explainLogin, type LoginPhase } from './login-faults'
import type { Credentials } from './offers'
import type { ProxyStream } from './proxy'
import { teachSigners } from './signer'

/** How a program ended: by itself, not started because the host refused, with the connection, not within the time, or by us, for it never stopped printing. */
export type Ended =
  | { readonly kind: 'ran'; readonly stdout: string; readonly stderr: string; readonly code: number }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'lost'; readonly why: string }
  | { readonly kind: 'silent' }
  | { readonly kind: 'flood' }

/** `prohibited`: the host's sshd does not forward there; `refused`: it tried to connect and could not. */
export type Dialled =
  | { readonly kind: 'open'; readonly stream: Duplex }
  | { readonly kind: 'prohibited' | 'refused' | 'lost'; readonly why: string }

/** A connection that is logged in. Its functions never reject. */
export interface Link {
  readonly hostKey: string
  readonly loginKeys: readonly string[]
  /** `password`: for a sudo that asks for it (feed.ts). */
  exec(command: string, stdin: string, waitMs: number, password?: string): Promise<Ended>
  dial(address: string, port: number): Promise<Dialled>
  /** Resolves with the reason when the connection has ended. */
  readonly closed: Promise<string>
  close(): void
}

/** Logs in over a connected stream. Rejects with a fault; the stream is then destroyed. */
export function login(
  hop: Hop,
  stream: Duplex,
  expected: Expectation,
  credentials: Credentials,
  timeoutMs: number,
): Promise<Link> {
  return new Promise((resolve, reject) => {
    const client = new Client()
    let verdict: Fault | null = null
    let hostKey = ''
    let phase: LoginPhase = 'greeting'
    let accepts: readonly string[] = []
    let tries = 0

    let heard = ''
    // Before the library takes it: words that are not SSH's it keeps to itself.
    stream.on('newListener', function hear(event) {
      if (event !== 'data') return
      stream.off('newListener', hear)
      stream.once('data', (chunk: Buffer) => {
        heard = chunk.toString('latin1', 0, 80)
      })
    })

    const fail = (why: string, isNetwork: boolean, isDrop = false) => {
      clearTimeout(timer)
      stream.destroy()
      const noneOffered = why.includes('no matching host key format')
      const said = 'said' in stream ? (stream as ProxyStream).said() : ''
      reject(
        verdict ??
          (noneOffered
            ? expected.noneOffered()
            : explainLogin(hop, { phase, why, isNetwork, isDrop, heard, said, accepts, credentials })),
      )
    }
    const timer = setTimeout(() => fail(`no answer in ${timeoutMs / 1000} s`, true), timeoutMs)
    const failOnClose = () => fail('the host closed the connection', false, true)
    const failOnError = (error: Error & { level?: string; code?: string }) => {
      // ssh2 goes on with the agent's next key.
      if (error.level === 'agent') return
      // The stream has its own.
      if (error instanceof Fault) verdict ??= error
      // The library's words for an end before the first line of SSH's.
      const isEnd = error.message === 'Connection lost before handshake'
      const isDrop = isEnd || error.code === 'ECONNRESET' || error.code === 'EPIPE'
      fail(isEnd ? 'the host closed the connection' : error.message, error.level === 'client-socket', isDrop)
    }

    client.on('error', failOnError)
    client.on('close', failOnClose)
    // A stream through a jump host stays half open when the host hangs up, and ssh2 would wait for ever.
    client.on('end', () => stream.destroy())
    client.on('handshake', () => {
      phase = 'login'
    })
    client.on('ready', () => {
      clearTimeout(timer)
      client.off('error', failOnError)
      client.off('close', failOnClose)
      const by = credentials.offers[tries - 1]
      resolve(makeLink(client, hostKey, by ? [formatHostKey(by.publicKey)] : []))
    })
    client.connect({
      sock: stream,
      username: hop.user,
      readyTimeout: 0,
      keepaliveInterval: 10_000,
      keepaliveCountMax: 3,
      algorithms: { serverHostKey: [...expected.algorithms] },
      hostVerifier: (offered: Buffer) => {
        phase = 'key exchange'
        verdict = expected.judge(offered)
        hostKey = formatHostKey(offered)
        return verdict === null
      },
      authHandler: (methodsLeft, _partial, next) => {
        accepts = methodsLeft ?? accepts
        // The types know no false for "no more", which ssh2 documents.
        const offer = credentials.offers[tries++]
        if (!offer) return next(false as never)
        next({ ...authOf(offer), username: hop.user })
      },
    })
    teachSigners(client)
  })
}

function makeLink(client: Client, hostKey: string, loginKeys: readonly string[]): Link {
  let ended: string | null = null
  let lastError = 'the connection was closed'
  client.on('error', error => {
    lastError = (error instanceof Fault && error.happened) || error.message
  })
  const closed = new Promise<string>(resolve => {
    client.on('close', () => {
      ended = lastError
      resolve(lastError)
    })
  })
  const lost = () => ({ kind: 'lost', why: ended ?? lastError }) as const
  return {
    hostKey,
    loginKeys,
    closed,
    exec: (command, stdin, waitMs, password) =>
      new Promise(settle => {
        let opened: ClientChannel | undefined
        const giveUp = setTimeout(() => {
          settle({ kind: 'silent' })
          opened?.close()
        }, waitMs)
        giveUp.unref()
        const resolve = (ended: Ended) => {
          clearTimeout(giveUp)
          settle(ended)
        }
        const open = (error: (Error & { reason?: number | string }) | undefined, channel: ClientChannel) => {
          // A reason number is the host's own no (RFC 4254, 5.1); without one the connection is gone.
          if (error) return resolve(typeof error.reason === 'number' ? { kind: 'refused', why: error.message } : lost())
          opened = channel
          collect(channel, stdin, password, lost).then(ended => {
            resolve(ended)
            // A host that pours on would be read for ever.
            if (ended.kind === 'flood') client.destroy()
          })
        }
        // ssh2 throws when the socket is gone already.
        try {
          client.exec(command, open)
        } catch {
          resolve(lost())
        }
      }),
    dial: (address, port) =>
      new Promise(resolve => {
        try {
          const opened = (error: Error | undefined, stream: ClientChannel) => {
            if (!error) return resolve({ kind: 'open', stream })
            const reason = (error as Error & { reason?: number | string }).reason
            const why = error.message.replace(/^\(SSH\) Channel open failure: /, '')
            // RFC 4254, 5.1: 1 is administratively prohibited, 2 connect failed.
            resolve(typeof reason === 'number' ? { kind: reason === 1 ? 'prohibited' : 'refused', why } : lost())
          }
          if (isSocket(address)) client.openssh_forwardOutStreamLocal(address, opened)
          else client.forwardOut('127.0.0.1', 0, address, port, opened)
        } catch {
          resolve(lost())
        }
      }),
    close: () => {
      lastError = 'we closed the connection'
      client.end()
      // Where something on the way has forgotten the connection the other end never says goodbye.
      setTimeout(() => client.destroy(), 2_000).unref()
    },
  }
}

function collect(
  channel: ClientChannel,
  stdin: string,
  password: string | undefined,
  lost: () => Ended,
): Promise<Ended> {
  return new Promise(resolve => {
    const [stdout, stderr] = [gather(), gather()]
    let code: number | null = null
    let note = ''
    const take = (into: Gathered) => (chunk: Buffer) => into.add(chunk) || resolve({ kind: 'flood' })
    channel.on('data', take(stdout))
    channel.stderr.on('data', take(stderr))
    channel.on('exit', (status: number | null, signal?: string) => {
      code = status ?? 128 + (constants.signals[signal as NodeJS.Signals] ?? 127)
      if (status === null) note = `ended by signal ${signal}\n`
    })
    channel.on('close', () => {
      if (code === null) return resolve(lost())
      resolve({
        kind: 'ran',
        stdout: stdout.text(),
        stderr: stderr.text() + note,
        code,
      })
    })
    // A program that ends without reading its stdin is no error.
    channel.on('error', () => {})
    const fed = feed(channel, stdin, password)
    channel.on('data', fed.out)
    channel.stderr.on('data', fed.err)
  })
}
