// sudo's password: from the environment, or from whoever sits before us. It is kept in memory alone, and goes to sudo's standard input alone.
import type { Host } from '../../schemas/types'
import { Fault } from '../fault'
import { keepAnswer } from './keep-answer'

/** Asks a person; rejects where that one will not say. */
type Ask = (question: string) => Promise<string>

let askPerson: Ask | null = null
const answers = new Map<string, () => Promise<string>>()

/** From then on a password that the environment does not have is asked for, one at a time. */
export function usePasswords(ask: Ask): void {
  let before: Promise<unknown> = Promise.resolve()
  askPerson = question => {
    const answer = before.then(() => ask(question))
    before = answer.catch(() => {})
    return answer
  }
}

const variables = new Set<string>()

/** From then on no program of this machine is handed the variables that hold a password of theirs. */
export function keepPasswords(hosts: readonly Host[]): void {
  for (const { becomePasswordEnv: variable } of hosts) if (variable !== undefined) variables.add(variable)
}

/** What programs of this machine are started with: they may write all of it anywhere, also into an error of ours. */
export const withoutPasswords = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !variables.has(name)))

/** Undefined where sudo wants none. One answer for all hosts that name the same variable. */
export function passwordFor(
  { name, user = 'root', become, becomePasswordEnv: variable }: Host,
  environment: NodeJS.ProcessEnv,
): (() => Promise<string>) | undefined {
  if (become !== 'sudo' || variable === undefined) return undefined
  return async () => {
    const [line = ''] = (environment[variable] ?? '').split(/\r?\n/)
    if (line !== '') return line
    const ask = askPerson
    if (!ask) throw missing(name, user, variable, 'and there is no terminal to ask at')
    const answer = answers.get(variable) ?? keepAnswer(() => ask(`sudo's password of ${user} on ${name}`))
    answers.set(variable, answer)
    const given = await answer().catch(() => '')
    if (given === '') throw missing(name, user, variable, 'and none was given at the terminal')
    return given
  }
}

const missing = (host: string, user: string, variable: string, why: string): Fault =>
  new Fault({
    code: 'become-password-missing',
    host,
    what: `cannot become root on ${host}: nothing tells sudo's password of ${user}`,
    happened: `becomePasswordEnv names the environment variable ${variable}, which is not set, ${why}`,
    cure: `export ${variable}, from where your passwords are kept; or leave becomePasswordEnv out where sudo asks for none`,
  })
