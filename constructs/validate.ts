// Mistakes in a tunnel or a middle as cdktf's validations: all of all constructs of a stack are printed together at synth.
import type { Construct } from 'constructs'
import { findMistakes, type Mistake } from '../schemas/find-mistakes'
import type { Finding } from '../schemas/finding'
import { plain } from '../schemas/plain'
import type { Declared } from './null-triggers'
import { placeOf } from './places'
import { clashesOf, resolvePlain } from './together'
import { isUnknown } from './unknown'

/** Checks at synthesis, and only once for all: cdktf puts the construct's path before each message. `judge` has the last word. */
export function validateWith(
  construct: Construct,
  { type, input }: Declared,
  judge: (mistakes: readonly Finding[]) => readonly Finding[] = mistakes => mistakes,
): void {
  const find = () => [...findMistakes(type, resolvePlain(construct, input), isUnknown), ...clashesOf(construct)]
  construct.node.addValidation({ validate: () => judge(find()).map(mistake => format(mistake, placeOf(construct))) })
}

function format({ path, message, hint, allowed }: Mistake, file: string | undefined): string {
  const place = path.map(step => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('')
  const about = [file, place.replace(/^\./, '')].filter(Boolean).map(text => `${text}: `)
  return plain(`${about.join('')}${message}${allowed ? `: ${allowed.join(', ')}` : ''}${hint ? ` (${hint})` : ''}`)
}
