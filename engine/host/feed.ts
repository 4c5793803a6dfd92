// Gives a program its standard input, and before it sudo its password, when it asks and not before: what it does not ask for is never sent.
import type { Writable } from 'node:stream'
import { passwordMark, startMark } from './quote'

export interface Feed {
  /** What the program has printed, as it comes. */
  out(chunk: Buffer): void
  err(chunk: Buffer): void
}

/** Milliseconds in which it asks, or the program begins; what asks otherwise (a one-time password) hears the end of its input. */
const patienceMs = 60_000

/** Of what it has printed, so much is kept to find a mark in. */
const kept = 256

/** The password goes at most once: sudo takes the end of its input for none, and counts no further attempt. */
export function feed(to: Writable, stdin: string, password: string | undefined): Feed {
  if (password === undefined) {
    to.end(stdin)
    return { out: () => {}, err: () => {} }
  }
  let [heard, said, isSent, isOver] = ['', '', false, false]
  const end = (text?: string) => {
    if (isOver) return
    isOver = true
    clearTimeout(timer)
    to.end(text)
  }
  const timer = setTimeout(end, patienceMs)
  timer.unref()
  return {
    out(chunk) {
      if (isOver) return
      heard += chunk.toString('latin1')
      if (heard.includes(`${startMark}\n`)) end(stdin)
      heard = heard.slice(-kept)
    },
    err(chunk) {
      if (isOver) return
      said += chunk.toString('latin1')
      if (!said.includes(passwordMark)) {
        said = said.slice(-kept)
        return
      }
      if (isSent) return end()
      said = said.slice(said.indexOf(passwordMark) + passwordMark.length)
      isSent = true
      to.write(`${password}\n`)
    },
  }
}
