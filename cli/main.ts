// The command `ssh-tunnels`.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { closeAll, usePasswords } from '../engine'
import { plain } from '../schemas/plain'
import { SpecError } from '../spec'
import { canAsk } from './ask'
import { askPassword } from './ask-password'
import { WrongWords } from './command'
import { helpAll, helpOne } from './help'
import { guardOutput } from './output'
import { readWords } from './read-words'

/** Resolves to the exit status. */
async function main(words: readonly string[]): Promise<number> {
  const asked = readWords(words)
  if (asked.kind === 'mistake') return sayMistake(asked.message, asked.command?.name)
  if (asked.kind === 'help') process.stdout.write(asked.command ? helpOne(asked.command) : helpAll())
  if (asked.kind === 'version') process.stdout.write(`ssh-tunnels ${readVersion()}\n`)
  if (asked.kind !== 'run') return 0
  if (canAsk()) usePasswords(askPassword)
  try {
    return await asked.command.run(asked.words)
  } catch (why) {
    if (why instanceof WrongWords) return sayMistake(why.message, asked.command.name)
    throw why
  } finally {
    closeAll()
  }
}

function sayMistake(message: string, command?: string): number {
  process.stderr.write(`${plain(message)}\nsee: ssh-tunnels ${command ? `help ${command}` : '--help'}\n`)
  return 1
}

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
    process.stderr.write(`${plain(String(why instanceof SpecError ? why.message : (why?.stack ?? why)))}\n`)
    process.exitCode = 1
  },
)
