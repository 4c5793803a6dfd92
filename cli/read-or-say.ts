// Reads what a command needs of a spec file, or says what is wrong with it, as text or as JSON.
import { plain } from '../schemas/plain'
import { SpecError } from '../spec'
import { UnknownName } from './read-estate'
import { renderFailure } from './render-json'

/** null: it has been said why not. */
export function readOrSay<T>(command: string, spec: string, asJson: boolean, read: () => T): T | null {
  try {
    return read()
  } catch (why) {
    if (!(why instanceof SpecError || why instanceof UnknownName)) throw why
    const problems = why instanceof SpecError ? why.problems : []
    if (asJson) process.stdout.write(renderFailure(command, spec, why.message, problems))
    else process.stderr.write(`${plain(why.message)}\n`)
    return null
  }
}
