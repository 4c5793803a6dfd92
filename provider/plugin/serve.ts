// Serving: one process for one Terraform command, from the handshake to the last clean-up.
import { setTimeout as after } from 'node:timers/promises'
import { handleCalls } from './calls'
import { makeCertificate } from './certificate'
import type { Provider } from './contract'
import { formatHandshake, readClientCertificate, refuseHandshake } from './handshake'
import { type Listening, listen } from './listen'
import { log } from './log'
import { watchParent } from './parent'
import { answerCalls } from './provider-calls'

export interface ServeOptions {
  /** How long, in ms, calls under way may go on when Terraform has gone. */
  readonly grace?: number
}

/** Resolves when Terraform can connect; the process then ends by itself. Started by hand, it says so and exits with 1. */
export async function serve(provider: Provider, { grace = 10_000 }: ServeOptions = {}): Promise<void> {
  const refusal = refuseHandshake(process.env)
  if (refusal) {
    process.stderr.write(`${refusal}\n`)
    process.exit(1)
  }
  const calls = handleCalls(answerCalls(provider))
  let listening: Listening | undefined
  let ending = false
  const end = async (why: string) => {
    if (ending) return
    ending = true
    log('debug', 'the provider ends', { why, busy: calls.busy() })
    await finish(provider, calls, grace)
    await listening?.close()
    process.exit(0)
  }
  endOnSignals(end)
  const parent = watchParent(end)
  process.on('exit', () => listening?.removeSocket())

  const client = readClientCertificate(process.env)
  const identity = client ? { client, own: makeCertificate() } : undefined
  listening = await listen(
    { provider: calls.handlers, onConnect: parent.connected, onShutdown: () => void end('Terraform is done') },
    identity,
  )
  process.stdout.write(formatHandshake(listening.place, identity?.own))
}

/** Asks what is under way to stop, waits for it a while, and lets the provider close what it holds. */
async function finish(
  provider: Provider,
  calls: { busy(): boolean; idle(): Promise<void> },
  grace: number,
): Promise<void> {
  try {
    if (calls.busy()) {
      provider.stop()
      await Promise.race([calls.idle(), after(grace)])
    }
    // go-plugin kills 2 s after Shutdown.
    await Promise.race([provider.close(), after(1000)])
  } catch (error) {
    log('warn', 'the provider did not close cleanly', { error: String(error) })
  }
}

function endOnSignals(end: (why: string) => Promise<void>): void {
  // Ctrl-C reaches the whole process group; Terraform then calls StopProvider and waits for the answer.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => void end('SIGTERM'))
  process.on('SIGHUP', () => void end('SIGHUP'))
  // The pipes of a killed Terraform are broken; an apply under way must not die of a log line.
  process.stdout.on('error', () => {})
  process.stderr.on('error', () => {})
}
