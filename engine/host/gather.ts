// What a program prints, as far as anybody would want to read it: a host that never stops must not fill our memory.

/** Bytes of one stream. The elements of sets are not asked for, so what a host tells is far less. */
export const mostOutput = 64 * 1024 * 1024

export interface Gathered {
  /** False once there is too much: then nothing is kept any more. */
  add(chunk: Buffer): boolean
  text(): string
}

/** In one piece of memory, for a host may send it byte by byte. */
export function gather(most = mostOutput): Gathered {
  let buffer = Buffer.alloc(0)
  let length = 0
  return {
    add: chunk => {
      if (length + chunk.length > most) return false
      if (length + chunk.length > buffer.length) {
        const larger = Buffer.allocUnsafe(Math.min(most, Math.max(2 * buffer.length, length + chunk.length, 4096)))
        buffer.copy(larger, 0, 0, length)
        buffer = larger
      }
      length += chunk.copy(buffer, length)
      return true
    },
    text: () => buffer.toString('utf8', 0, length),
  }
}
