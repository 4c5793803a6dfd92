// Logs in with what ssh2 has no word for: certificates, and keys in a token. Of ssh2 only the message with the signature is replaced: it writes the
// type of the key for the type of the signature, which is another one here (PROTOCOL.certkeys), and nothing behind a signature, where a token has
// flags and a counter (PROTOCOL.u2f). This is about its inside, version 1.17: test/host/certificates.test.ts shows that it holds.
import { BaseAgent, type Client, type ParsedKey, type SignCallback, utils } from 'ssh2'
import { field, typeOf } from './wire'

export interface Signer {
  readonly type: 'signer'
  /** The key or certificate that is offered. */
  readonly blob: Buffer
  /** The whole signature, with its type before it. Rejects where that is refused. */
  sign(data: Buffer): Promise<Buffer>
}

/** An RSA key is ssh-rsa, and signs with rsa-sha2-* (RFC 8332). */
const algorithmOf = (blob: Buffer): string => typeOf(blob).replace(/^ssh-rsa-/, 'rsa-sha2-512-')

/** What ssh2 takes for a key of its own kind. */
const anyKey = utils.parseKey(Buffer.concat(['ssh-ed25519', Buffer.alloc(32)].map(field))) as ParsedKey

export class SignerAgent extends BaseAgent<ParsedKey> {
  readonly #signer: Signer
  readonly #key: ParsedKey

  constructor(signer: Signer) {
    super()
    this.#signer = signer
    this.#key = Object.create(anyKey, {
      type: { value: algorithmOf(signer.blob) },
      getPublicSSH: { value: () => signer.blob },
    })
    known.add(this.#key)
  }

  override getIdentities(tell: (why: Error | undefined, keys: ParsedKey[]) => void): void {
    tell(undefined, [this.#key])
  }

  override sign(_key: ParsedKey, data: Buffer, options: unknown, tell?: SignCallback): void {
    const answer = (typeof options === 'function' ? options : tell) as SignCallback
    this.#signer.sign(data).then(
      signature => answer(null, signature),
      (why: Error) => answer(why),
    )
  }
}

const known = new WeakSet<object>()

type AskToSign = (data: Buffer, then: (signature: Buffer) => void) => void

/** What we use of ssh2's inside. */
interface Protocol {
  authPK(user: string, key: ParsedKey, algorithm?: string, sign?: AskToSign): void
  readonly _kex: { readonly sessionID: Buffer }
  readonly _kexinit?: unknown
  readonly _authsQueue: string[]
  readonly _packetRW: {
    readonly write: { readonly allocStart: number; alloc(size: number): Buffer; finalize(packet: Buffer): Buffer }
  }
  readonly _cipher: { encrypt(packet: Buffer): void }
}

/** SSH_MSG_USERAUTH_REQUEST (RFC 4252, 6). */
const userauthRequest = 50

/** Call it once the client connects. */
export function teachSigners(client: Client): void {
  const protocol = (client as unknown as { readonly _protocol: Protocol })._protocol
  const plain = protocol.authPK
  protocol.authPK = (user, key, algorithm, sign) => {
    if (!known.has(key) || !sign) return plain.call(protocol, user, key, algorithm, sign)
    const words = [user, 'ssh-connection', 'publickey'].map(field)
    const request = Buffer.concat([
      Buffer.from([userauthRequest]),
      ...words,
      Buffer.from([1]),
      field(key.type),
      field(key.getPublicSSH()),
    ])
    sign(Buffer.concat([field(protocol._kex.sessionID), request]), signature => {
      // Nothing else goes before we are logged in, so no new key exchange is under way.
      if (protocol._kexinit !== undefined) return void client.destroy()
      const message = Buffer.concat([request, field(signature)])
      const { write } = protocol._packetRW
      const start = write.allocStart
      const packet = write.alloc(message.length)
      packet.set(message, start)
      protocol._authsQueue.push('publickey')
      protocol._cipher.encrypt(write.finalize(packet))
    })
  }
}
