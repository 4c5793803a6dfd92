// A password at the terminal: what is typed is not shown, and goes nowhere but to who has asked.
import { plain } from '../schemas/plain'
import { Stopped } from './ask'

/** Rejects with Stopped at Ctrl-C, Ctrl-D and the end of the input. */
export function askPassword(question: string): Promise<string> {
  const { stdin, stderr } = process
  return new Promise((resolve, reject) => {
    let typed = ''
    const end = (settle: () => void) => {
      stdin.off('data', hear).off('end', stop)
      stdin.setRawMode(false)
      stdin.pause()
      stderr.write('\n')
      settle()
    }
    const stop = () => end(() => reject(new Stopped()))
    const hear = (chunk: Buffer) => {
      for (const key of chunk.toString('utf8')) {
        if (key === '\r' || key === '\n') return end(() => resolve(typed))
        if (key === '\x03' || key === '\x04') return stop()
        if (key === '\x7f' || key === '\b') typed = typed.slice(0, -1)
        else if (key >= ' ') typed += key
      }
    }
    // First: who types as soon as he is asked is not shown either.
    stdin.setRawMode(true)
    stderr.write(`${plain(question)}: `)
    stdin.on('data', hear).on('end', stop)
    stdin.resume()
  })
}
