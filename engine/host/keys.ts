// Keys as ssh2 takes them: of a file, or one that an agent holds.
import { BaseAgent, createAgent, type ParsedKey, type SignCallback, type SigningRequestOptions, utils } from 'ssh2'
import type { Offer } from './offers'
import { SignerAgent } from './signer'

export type PrivateKey = ParsedKey

/** The key, or why it is none. */
export function readPrivateKey(content: Buffer): PrivateKey | string {
  const key = utils.parseKey(content)
  if (key instanceof Error) return key.message
  // parseKey gives an array for a file in OpenSSH's form, whatever its type says.
  const first = Array.isArray(key) ? (key[0] as ParsedKey) : key
  return first.isPrivateKey() ? first : 'this is a public key'
}

/** An agent that holds one key of another's, so that each is offered in its turn. */
class OneKeyAgent extends BaseAgent<ParsedKey> {
  readonly #key: ParsedKey
  readonly #agent: BaseAgent

  constructor(socket: string, blob: Buffer) {
    super()
    const key = utils.parseKey(blob)
    if (key instanceof Error) throw key
    this.#key = key
    this.#agent = createAgent(socket)
  }

  override getIdentities(tell: (why: Error | undefined, keys: ParsedKey[]) => void): void {
    tell(undefined, [this.#key])
  }

  override sign(
    key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    tell?: SignCallback,
  ): void {
    if (typeof options === 'function') this.#agent.sign(key, data, options)
    else this.#agent.sign(key, data, options, tell)
  }
}

export function authOf({ by }: Offer) {
  if (by.type === 'publickey') return by
  const agent = by.type === 'signer' ? new SignerAgent(by) : new OneKeyAgent(by.socket, by.blob)
  return { type: 'agent' as const, agent }
}
