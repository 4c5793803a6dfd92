// Ctrl-C: the first one lets what runs come to its end, the second one ends at once.
import { stop } from '../engine'

export interface Stop {
  readonly isAsked: () => boolean
  /** From now on something on a host may be half done: the first signal no longer ends the process. `rest` is who goes on from there. */
  beginChanging(rest?: string): void
}

export const stoppedCode = 130

export function listenForStop(): Stop {
  let asked = false
  let goesOn: string | null = null
  const hear = () => {
    if (goesOn === null) end('stopped; nothing was changed')
    if (asked) end(`ended at once: what was running may be half done; ${goesOn}`)
    asked = true
    stop()
    process.stderr.write('stopping: what runs now comes to its end; once more ends at once\n')
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, hear)
  return {
    isAsked: () => asked,
    beginChanging: (rest = 'apply or destroy goes on from there') => {
      goesOn ??= rest
    },
  }
}

function end(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(stoppedCode)
}
