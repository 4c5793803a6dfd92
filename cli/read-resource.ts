// One tunnel or one middle as JSON, {"type": ..., "input": ...}: what a null_resource hands to the command.
import { asDeclared, type Declared } from '../engine'
import { badShape, findMistakes } from '../schemas/find-mistakes'

/** Not a tunnel or a middle; `message` names every mistake. */
export class WrongResource extends Error {}

/** Throws WrongResource. What is to be removed was right when it was made: then only its shape counts. */
export function readResource(text: string, verb: 'apply' | 'destroy'): Declared {
  const { type, input } = parse(text)
  if (type !== 'tunnel' && type !== 'middle') throw new WrongResource('type must be tunnel or middle')
  const mistakes = findMistakes(type, input)
  const inShape = mistakes.filter(({ code }) => code === badShape)
  if (inShape.length > 0) {
    const lines = inShape.map(({ path, message }) => `${path.join('.') || 'input'} ${message}`)
    throw new WrongResource([`this is no ${type}:`, ...lines].join('\n  '))
  }
  const declared = asDeclared({ type, input } as Declared)
  if (verb === 'destroy' || mistakes.length === 0) return declared
  const lines = mistakes.map(({ path, message, hint }) => `${path.join('.')}: ${message}${hint ? ` (${hint})` : ''}`)
  throw new WrongResource([`${type} ${declared.input.name} cannot be:`, ...lines].join('\n  '))
}

function parse(text: string): { readonly type?: unknown; readonly input?: unknown } {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value
  } catch {
    // Said below.
  }
  throw new WrongResource('the resource is not a JSON object: {"type": "tunnel", "input": {...}}')
}
