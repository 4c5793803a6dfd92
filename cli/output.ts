// What we print, and whether it has come to where it was to go.
import { fstatSync, writeFileSync } from 'node:fs'
import { getSystemErrorMap } from 'node:util'

let isLost = false

/** Before anything is printed. */
export function guardOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (why: NodeJS.ErrnoException) => {
      // A reader that has gone away, as in `| head`, is no reason to leave hosts half done.
      if (why.code === 'EPIPE' || isLost) return
      isLost = true
      if (stream === process.stdout)
        process.stderr.write(`standard output could not be written: ${reasonOf(why)}; what is there is not whole\n`)
    })
  }
  // Node takes it for done when a disk that gets full has room for a part.
  if (isFile()) {
    process.stdout._write = (chunk, encoding, done) => {
      try {
        writeFileSync(1, chunk, { encoding })
        done()
      } catch (why) {
        done(why as Error)
      }
    }
  }
  process.on('exit', code => {
    if (isLost && code === 0) process.exitCode = 1
  })
}

function isFile(): boolean {
  try {
    return fstatSync(1).isFile()
  } catch {
    return false
  }
}

/** In the system's words. */
export const reasonOf = ({ errno, message }: NodeJS.ErrnoException): string =>
  (errno !== undefined && getSystemErrorMap().get(errno)?.[1]) || message
