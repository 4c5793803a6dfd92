// What can be seen of a key exchange by whoever carries it (RFC 4253, 6 to 8): which host key was shown, and whether the client has gone on from there.
import { fieldsOf } from './wire'

const kexinit = 20
const newkeys = 21
/** SSH_MSG_KEX_ECDH_REPLY (RFC 5656, 4), and SSH_MSG_KEXDH_REPLY (RFC 4253, 8), which are the same in what counts here. */
const reply = 31

/** More than a key exchange takes. */
const mostBytes = 512 * 1024

/** The messages in clear of one direction, as they come: lines until the one that begins with SSH-, then packets, until the keys are new. */
function makeReader(take: (message: Buffer) => void): (chunk: Buffer) => void {
  let left = Buffer.alloc(0)
  let [total, isGreeted, isOver] = [0, false, false]
  return chunk => {
    if (isOver) return
    total += chunk.length
    left = Buffer.concat([left, chunk])
    for (let end = left.indexOf('\n'); !isGreeted && end >= 0; end = left.indexOf('\n')) {
      isGreeted = left.toString('latin1', 0, 4) === 'SSH-'
      left = left.subarray(end + 1)
    }
    while (isGreeted && !isOver && left.length >= 5) {
      const length = left.readUInt32BE(0)
      if (left.length < 4 + length) break
      const message = left.subarray(5, 4 + length - (left[4] ?? 0))
      left = left.subarray(4 + length)
      isOver = message[0] === newkeys
      take(message)
    }
    if (isOver || total <= mostBytes) return
    isOver = true
    // What comes behind is not seen, so nothing is known.
    take(Buffer.alloc(0))
  }
}

export interface KexWatch {
  fromClient(chunk: Buffer): void
  fromHost(chunk: Buffer): void
  /**
   * The host key of the exchange, once the client has taken new keys into use: a client does that when it has found the key and its signature good.
   * Null until then, and for ever where the host has sent anything but what an exchange has: then nobody could tell which key the client has judged.
   */
  accepted(): Buffer | null
}

export function watchKex(): KexWatch {
  const said: Buffer[] = []
  let hasGoneOn = false
  const fromClient = makeReader(message => {
    hasGoneOn ||= message[0] === newkeys
  })
  return {
    fromClient,
    fromHost: makeReader(message => said.push(Buffer.from(message))),
    accepted() {
      const [first, second, third] = said
      const isPlain = first?.[0] === kexinit && second?.[0] === reply && (third === undefined || third[0] === newkeys)
      if (!hasGoneOn || !isPlain || !second || said.length > 3) return null
      return fieldsOf(second.subarray(1), 1)[0] ?? null
    },
  }
}
