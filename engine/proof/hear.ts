// What is heard on a connection, from its first moment on.
import type { Duplex } from 'node:stream'

export interface Heard {
  /** The first `kept` bytes, as latin1. */
  text(): string
  /** The other end has closed it, at least its half. */
  closed(): boolean
  /** Until enough was said, it is closed, or so many milliseconds have passed. */
  until(isEnough: (text: string) => boolean, ms: number): Promise<void>
}

/** Bytes: what of it is kept. */
export const kept = 4096

export const something = (text: string): boolean => text !== ''
export const aLine = (text: string): boolean => text.includes('\n') || text.length >= kept

export function hear(stream: Duplex): Heard {
  let text = ''
  let closed = false
  const waiting = new Set<() => void>()
  const wake = () => {
    for (const look of waiting) look()
  }
  stream.on('data', (data: Buffer) => {
    text += data.toString('latin1').slice(0, kept - text.length)
    wake()
  })
  for (const end of ['error', 'close', 'end']) {
    stream.on(end, () => {
      closed = true
      wake()
    })
  }
  return {
    text: () => text,
    closed: () => closed,
    until: (isEnough, ms) =>
      new Promise(resolve => {
        const end = () => {
          clearTimeout(timer)
          waiting.delete(look)
          resolve()
        }
        const look = () => {
          if (closed || isEnough(text)) end()
        }
        const timer = setTimeout(end, ms)
        waiting.add(look)
        look()
      }),
  }
}

/** The first line of what a far has said; a terminal must not obey it. */
export function firstLine(text: string): string {
  const [line = ''] = text.replace(/^[\r\n]+/, '').split(/\r?\n/)
  return line.replace(/\p{Cc}/gu, '?').slice(0, 200)
}
