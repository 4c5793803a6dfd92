// Ctrl-C: the first one lets what runs come to its end, the second one ends at once.
import { stop } from '../engine'

export interface Stop {
  readonly isAsked: () => boolean
  /** From now on something on a host may be half done: the first signal no longer ends the process. `rest` is who goes on from there. */
  beginChanging(rest?: string): void
}

export const stoppedCode = 130

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

let asked = false
let goesOn: string | null = null
let heard: (() => void) | null = null

const theOne: Stop = {
  isAsked: () => asked,
  beginChanging: (rest = 'apply or destroy goes on from there') => {
    goesOn ??= rest
  },
}

/** Every command listens, from its first moment; there is one stop for the whole process. */
export function listenForStop(): Stop {
  if (heard === null) hearSignals(hear)
  return theOne
}

/** For who ends in a way of its own: from now on this is all that a signal does. */
export function hearSignals(hear: () => void): void {
  for (const signal of signals) {
    if (heard) process.off(signal, heard)
    process.on(signal, hear)
  }
  heard = hear
}

function hear(): void {
  if (goesOn === null) end('stopped; nothing was changed')
  if (asked) end(`ended at once: what was running may be half done; ${goesOn}`)
  asked = true
  stop()
  process.stderr.write('stopping: what runs now comes to its end; once more ends at once\n')
}

function end(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(stoppedCode)
}
