// A way to a machine: what the rest of the engine sees of it.
import type { Duplex } from 'node:stream'

export interface Ran {
  readonly stdout: string
  readonly stderr: string
  readonly code: number
}

export interface Reach {
  readonly name: string
  /** The host key that this connection verified, "ssh-ed25519 AAAA..."; null for the local host. */
  readonly hostKey: string | null
  /** The keys by which this login may have come about, "ssh-ed25519 AAAA...": the identity file's, or all that the agent holds. */
  readonly loginKeys?: readonly string[]
  /** Our own address as the host sees it, from SSH_CONNECTION (behind jump hosts: the last one's); null for local. */
  ownAddress(): Promise<string | null>
  /**
   * Runs a static POSIX sh text as root: `sh -c TEXT NAME ARGS...`, stdin as given; values only as arguments.
   * Resolves with any exit code; 128 + N after signal N. Rejects with a fault if it could not run to its end, also after `limit`
   * seconds (default: limit.ts), when it is ended there (`took-too-long`).
   */
  run(
    script: { readonly name: string; readonly text: string },
    args: readonly string[],
    stdin?: string,
    limit?: number,
  ): Promise<Ran>
  /**
   * A TCP connection that starts at that host (direct-tcpip; net.connect for local); where `address` is a path, one to that unix socket there
   * (direct-streamlocal), and `port` says nothing: sshd then tells by no word whether it may not, or nobody listens. Rejects with the fault `dial-failed`
   * (nobody answers there) or `dial-prohibited` (sshd does not forward there). The stream's errors are the caller's.
   */
  dial(address: string, port: number): Promise<Duplex>
  /** Resolves when the connection has ended, for whatever reason; never for local before close(). */
  readonly closed: Promise<void>
  /** May be called more than once. Programs that still run reject with `connection-lost`. */
  close(): void
}

export interface ReachOptions {
  /** For each hop: to connect, and again to log in. Default 15000. */
  readonly timeoutMs?: number
  /** HOME and SSH_AUTH_SOCK are read from it. Default process.env. */
  readonly environment?: NodeJS.ProcessEnv
}
