// What came of asking far once, and how the resource shows it.
import type { Duplex } from 'node:stream'
import type { Proof } from '../../schemas/types'
import { Fault } from '../fault'
import type { Place } from './place'

export type Answer =
  | {
      readonly answered: true
      readonly evidence: Proof['evidence']
      readonly said: string
      /** Milliseconds from dialling to far's first word; of a far that has said nothing there is none. */
      readonly ms?: number
    }
  | { readonly answered: false; readonly evidence: 'no answer' | 'not asked'; readonly why: string }
  | {
      /** Nobody can tell. */
      readonly answered: null
      readonly evidence: 'not asked'
      readonly why: string
      /** Asking again does not help. */
      readonly lasts: boolean
    }

export const patienceMs = 5_000
/** How long a service that speaks first may take for its first byte, where nothing tells that it does. */
export const quietMs = 400

export const no = (why: string): Answer => ({ answered: false, evidence: 'no answer', why })

export const closedEarly = no('the connection was accepted and closed at once: far does not answer')
export const saidNothing = no(`far said nothing within ${patienceMs / 1000} s`)

/** Of a failed dial: nobody answers there, or nobody could ask. */
export function asAnswer(why: unknown): Answer {
  if (!(why instanceof Fault)) return no(why instanceof Error ? why.message : String(why))
  const said = [why.what, why.happened].filter(Boolean).join(': ')
  return why.code === 'dial-failed'
    ? no(said)
    : { answered: null, evidence: 'not asked', why: said, lasts: why.code === 'dial-prohibited' }
}

/** Over a connection that is closed afterwards. Never throws. */
export async function askOver(open: () => Promise<Duplex>, work: (stream: Duplex) => Promise<Answer>): Promise<Answer> {
  let stream: Duplex | null = null
  try {
    stream = await open()
    return await work(stream)
  } catch (why) {
    return asAnswer(why)
  } finally {
    stream?.destroy()
  }
}

/** As the resource shows it. */
export const proofOf = ({ name, pastFirewall }: Place, answer: Answer): Proof => ({
  from: name,
  pastFirewall,
  answered: answer.answered,
  evidence: answer.evidence,
  farAnswered: answer.answered ? answer.said : '',
  why: answer.answered ? '' : answer.why,
})
