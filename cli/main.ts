// The command `ssh-tunnels`.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { closeAll, usePasswords } from '../engine'
import { plain, plainJson } from '../schemas/plain'
import { SpecError } from '../spec'
import { canAsk } from './ask'
import { askPassword } from './ask-password'
import { type Command, WrongWords } from './command'
import { helpAll, helpOne } from './help'
import { guardOutput } from './output'
import { readWords } from './read-words'
import { listenForStop } from './stop'
import { widthOf } from './terminal'

/** Resolves to the exit status. */
async function main(words: readonly string[]): Promise<number> {
  const asked = readWords(words)
  if (asked.kind === 'mistake') return sayMistake(asked.message, asked.command, words)
  const width = widthOf(process.stdout)
  if (asked.kind === 'help') process.stdout.write(asked.command ? helpOne(asked.command, width) : helpAll(width))
  if (asked.kind === 'version') process.stdout.write(`ssh-tunnels ${readVersion()}\n`)
  if (asked.kind !== 'run') return 0
  listenForStop()
  if (canAsk()) usePasswords(askPassword)
  try {
    return await asked.command.run(asked.words)
  } catch (why) {
    if (why instanceof WrongWords) return sayMistake(why.message, asked.command, words)
    printError('error', asked.command, words, why instanceof Error ? why.message : String(why))
    throw why
  } finally {
    closeAll()
  }
}

function sayMistake(message: string, command: Command | null, words: readonly string[]): number {
  printError('wrong-words', command, words, message)
  process.stderr.write(`${plain(message)}\nsee: ssh-tunnels ${command ? `help ${command.name}` : '--help'}\n`)
  return 1
}

/** For a program that reads a document, whatever comes. */
function printError(code: string, command: Command | null, words: readonly string[], message: string): void {
  if (!words.includes('--json') || (command && !command.options.json)) return
  const errors = [{ about: 'the command line', code, host: null, message }]
  process.stdout.write(`${plainJson({ command: command?.name ?? null, errors }, 2)}\n`)
}

/** Of a mistake its sentence, of what nobody has foreseen where it happened too. */
const textOf = (why: unknown): string =>
  String(why instanceof SpecError ? why.message : ((why as Error | null)?.stack ?? why))

/** From dist/ and from cli/ alike the package's own description is one folder up. */
function readVersion(): string {
  return JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8')).version
}

guardOutput()

main(process.argv.slice(2)).then(
  code => {
    process.exitCode = code
  },
  why => {
    process.stderr.write(`${plain(textOf(why))}\n`)
    process.exitCode = 1
  },
)
