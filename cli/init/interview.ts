// The interview: each question until its answer holds, against the spec's rules and against the real hosts; flags answer beforehand.
import { answersFrom, Fault } from '../../engine'
import { isAddress } from '../../schemas/endpoint'
import type { Host } from '../../schemas/types'
import { WrongWords } from '../command'
import {
  type Answers,
  nameFor,
  portFor,
  type Question,
  questions,
  readAllowFrom,
  readFrom,
  readListen,
  readMiddle,
} from './answers'
import { judge } from './judge'
import { Distrusted, type Met, meet, type Wish } from './meet'

export interface Interview {
  readonly answers: Answers
  readonly met: readonly Met[]
}

/** An answer that does not hold, where nobody can be asked again. */
export class WrongAnswer extends Error {}

interface Ask {
  readonly wish: Wish
  /** By flag. */
  given(flag: Question | 'name'): string | undefined
}

/** Throws WrongAnswer, Fault, Distrusted or Stopped. */
export async function interview({ wish, given }: Ask): Promise<Interview> {
  const answer = <T>(question: Question, read: (text: string) => Promise<T>, suggested?: string): Promise<T> =>
    untilItHolds(question, given(question), wish, suggested, read)

  const middle = await answer('middle', async text => {
    const host = required(readMiddle(text), `${text} is no login; as in root@203.0.113.20:22`)
    refuse(judge({ middle: host }))
    return meet(host, wish)
  })
  const near = await answer(
    'from',
    async text => {
      const from = required(readFrom(text), `${text} is neither here nor middle, nor a login as in admin@192.0.2.140`)
      if (from.kind === 'middle') return null
      refuse(judge({ middle: middle.host, near: from.host }))
      return meet(from.host, wish)
    },
    'here',
  )
  const sofar = { middle: middle.host, near: near?.host ?? null }
  const far = await answer('far', async text => {
    refuse(judge({ ...sofar, far: text }))
    const dialler = sofar.near ?? sofar.middle
    const answers = await answersFrom(dialler, text)
    // It may be down today: whether that matters the spec's probe says.
    if (answers === true) wish.say(`  ${dialler.name} reaches ${text}`)
    else
      wish.say(
        `  ${dialler.name} ${answers === null ? 'does not tell whether it reaches' : 'gets no answer from'} ${text}`,
      )
    return text
  })
  const address = publicAddress(middle.host)
  const listen = await answer(
    'listen',
    async text => {
      const listen = readListen(text, address)
      refuse(judge({ ...sofar, far, listen }))
      return listen
    },
    readListen(`${portFor(far)}`, address),
  )
  const allowFrom = await answer(
    'allow-from',
    async text => {
      const allowFrom = readAllowFrom(text)
      refuse(judge({ ...sofar, far, listen, allowFrom }))
      return allowFrom
    },
    'everybody',
  )
  const answers = { ...sofar, far, listen, allowFrom, name: given('name') ?? nameFor(far) }
  refuse(judge(answers))
  return { answers, met: [middle, ...(near ? [near] : [])] }
}

/** With a flag once; at a terminal as often as it takes. */
async function untilItHolds<T>(
  question: Question,
  given: string | undefined,
  { asker, say }: Wish,
  suggested: string | undefined,
  read: (text: string) => Promise<T>,
): Promise<T> {
  if (given !== undefined) return read(given)
  // What can be left out needs no answer where nobody is there to give one.
  if (!asker) return read(required(suggested, `--${question} is missing`))
  for (;;) {
    try {
      return await read(await asker.ask(questions[question], suggested))
    } catch (why) {
      if (!(why instanceof WrongAnswer || why instanceof Fault || why instanceof Distrusted)) throw why
      say(why.message)
    }
  }
}

function required<T>(value: T | null | undefined, otherwise: string): T {
  if (value === null || value === undefined) throw new WrongAnswer(otherwise)
  return value
}

function refuse([first]: readonly string[]): void {
  if (first !== undefined) throw new WrongAnswer(first)
}

/** On which middle is asked to listen where only a port is said. */
const publicAddress = ({ address = '', addresses = [] }: Host): string =>
  isAddress(address) ? address : (addresses[0] ?? '0.0.0.0')

/** Without a terminal: which flags are missing, all at once. */
export function requireFlags(given: Ask['given']): void {
  const missing = (['middle', 'from', 'far', 'allow-from'] as const).filter(flag => given(flag) === undefined)
  if (missing.length === 0) return
  const flags = missing.map(flag => `--${flag}`).join(', ')
  throw new WrongWords(
    `init asks its questions at a terminal, and this is none: give ${flags} (and --listen, --name, --identity-file, --fingerprint where they should not be as suggested)`,
  )
}
