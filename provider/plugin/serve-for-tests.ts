// Serving inside a test: the provider lives in the caller's process and Terraform attaches to it.
import { handleCalls } from './calls'
import type { Provider } from './contract'
import { listen } from './listen'
import { answerCalls } from './provider-calls'

export interface Attached {
  /** The value of TF_REATTACH_PROVIDERS. */
  readonly reattach: string
  close(): Promise<void>
}

/** No TLS, no plugin folder, no lock entry, no `terraform init`. @param address as in terraform.local/tunnels/sshtunnel */
export async function serveForTests(provider: Provider, address: string): Promise<Attached> {
  const calls = handleCalls(answerCalls(provider))
  const { place, close } = await listen({ provider: calls.handlers, onConnect: () => {}, onShutdown: () => {} })
  const attachment = {
    Protocol: 'grpc',
    ProtocolVersion: 6,
    Pid: process.pid,
    // Terraform leaves it running.
    Test: true,
    Addr: { Network: place.network, String: place.address },
  }
  return {
    reattach: JSON.stringify({ [address]: attachment }),
    close: async () => {
      await close()
      await provider.close()
    },
  }
}
