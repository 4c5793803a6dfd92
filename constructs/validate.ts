// Mistakes in a tunnel or a middle as cdktf's validations: all of all constructs of a stack are printed together at synth.
import type { Construct } from 'constructs'
import type { Finding } from '../schemas/finding'

/** Checks at synthesis, and only once for all: cdktf puts the construct's path before each message. */
export function validateWith(construct: Construct, check: () => readonly Finding[]): void {
  construct.node.addValidation({ validate: () => check().map(format) })
}

function format({ path, message, hint }: Finding): string {
  const place = path.map(step => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('')
  return `${place.replace(/^\./, '')}: ${message}${hint ? ` (${hint})` : ''}`
}
