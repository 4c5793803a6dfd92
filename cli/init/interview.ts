// The interview: each question until its answer holds, against the spec's rules and against the real hosts; flags answer beforehand.
import { answersFrom, Fault } from '../../engine'
import { formatEndpoint, isAddress } from '../../schemas/endpoint'
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
  readWay,
} from './answers'
import { judge } from './judge'
import { type Flag, judgeFlags, noFrom, noMiddle } from './judge-flags'
import { makeJumps, WrongJump } from './jumps'
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
  given(flag: Flag): string | undefined
}

/** Throws WrongAnswer, Fault, Distrusted or Stopped. */
export async function interview({ wish, given }: Ask): Promise<Interview> {
  const wrong = judgeFlags(given)
  if (wrong.length > 0) throw new WrongAnswer(wrong.join('\n'))

  const answer = <T>(question: Question, read: (text: string) => Promise<T>, suggested?: string): Promise<T> =>
    untilItHolds(question, given(question), wish, suggested, read)

  const jumps = makeJumps(wish)
  const way = readWay(given('via') ?? '')
  const middle = await answer('middle', async text => {
    const { host, via } = required(readMiddle(text), noMiddle(text))
    refuse(judge({ middle: host }))
    // What stands behind middle on the way leads to near.
    const own = way.includes('middle') ? way.slice(0, way.indexOf('middle')) : way
    return meet(behind(host, await jumps.meet(via ?? own, null)), wish)
  })
  const near = await answer(
    'from',
    async text => {
      const from = required(readFrom(text), noFrom(text))
      if (from.kind === 'middle') return null
      refuse(judge({ middle: middle.host, near: from.host }))
      const near = await meet(behind(from.host, await jumps.meet(from.via ?? way, middle.host)), wish)
      await reachesMiddle(near.host, middle.host, wish)
      return near
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
      if (!isOfAnswer(why)) throw why
      say(why.message)
    }
  }
}

/** What another answer may put right. */
export const isOfAnswer = (why: unknown): why is Error =>
  [WrongAnswer, WrongJump, Distrusted, Fault].some(kind => why instanceof kind)

const behind = (host: Host, via: Host['via']): Host => (via && via.length > 0 ? { ...host, via } : host)

/** The tunnel's own ssh goes there, straight. */
async function reachesMiddle(near: Host, middle: Host, { say }: Wish): Promise<void> {
  const { address = '', port = 22 } = middle
  const endpoint = formatEndpoint({ host: address, port })
  const answers = await answersFrom(near, endpoint)
  if (answers === false)
    throw new WrongAnswer(
      `near gets no answer from ${endpoint}, and its ssh has to log in to middle there, without a jump host`,
    )
  say(`  near ${answers ? 'reaches' : 'does not tell whether it reaches'} middle at ${endpoint}`)
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
