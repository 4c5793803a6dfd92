// Every mistake in one resource that comes from outside: in its shape (JSON Schema), else what a schema cannot say. Pure.
import type { ErrorObject } from 'ajv'
import { emptySources } from './check-sources'
import { checkMiddle, checkTunnel } from './check-tunnel'
import type { Finding } from './finding'
import type { Middle, Tunnel } from './types'
import { allKnown, type IsUnknown } from './unknown'
import { middle, tunnel } from './validators/resource'

/** The code of a mistake in the shape: its message continues the name of the place, "allowFrom.0 must be string". */
export const badShape = 'bad-shape'

export interface Mistake extends Finding {
  /** What might stand there instead, where the shape names it. */
  readonly allowed?: readonly string[]
}

const validators = { tunnel, middle }

/** `input` is in camelCase; where something is unknown, a text stands that `isUnknown` knows, whatever belongs there. */
export function findMistakes(
  type: 'tunnel' | 'middle',
  input: unknown,
  isUnknown: IsUnknown = allKnown,
): readonly Mistake[] {
  const check = validators[type]
  // Of a condition its branch tells what is wrong, of a name what it is not.
  const errors = check(input)
    ? []
    : (check.errors ?? []).filter(({ keyword }) => !['if', 'propertyNames'].includes(keyword))
  const wrong = errors.filter(({ data }) => !(typeof data === 'string' && isUnknown(data)))
  if (wrong.length > 0) return wrong.map(asMistake)
  const known = errors.filter(({ keyword }) => keyword === 'type').reduce(leaveOut, input)
  return type === 'tunnel' ? checkTunnel(known as Tunnel, isUnknown) : checkMiddle(known as Middle, isUnknown)
}

function asMistake(error: ErrorObject): Mistake {
  const { keyword, params, message = 'is wrong', parentSchema } = error
  const path = [...readPointer(error.instancePath), ...(error.propertyName === undefined ? [] : [error.propertyName])]
  if (keyword === 'minItems') {
    const hint = ['allowFrom', 'from'].includes(String(path.at(-1))) ? emptySources : undefined
    return { path, code: badShape, message: 'must not be empty', hint }
  }
  const extra = params.additionalProperty === undefined ? '' : `: ${params.additionalProperty}`
  const hint = (parentSchema as { description?: string } | undefined)?.description
  return { path, code: badShape, message: message + extra, hint, allowed: params.allowedValues }
}

/**
 * The same without an unknown list, object, number or yes/no: the checks read those without asking. A host of which one is
 * unknown is unknown as a whole, because a default in its place would say something else: no address, sshd on port 22.
 */
function leaveOut(input: unknown, { instancePath, data }: ErrorObject): unknown {
  const path = readPointer(instancePath)
  const length = hostPaths.find(one =>
    one.every((step, at) => step === path[at] || (step === '*' && at in path)),
  )?.length
  return length === undefined
    ? without(input, path)
    : replaced(input, path.slice(0, length), { name: data, address: data })
}

const hostPaths = [['client'], ['server'], ['host'], ['probeFrom'], ['jumps', '*'], ['forwards', '*', 'probeFrom']]

function replaced(value: unknown, [step, ...rest]: Finding['path'], by: object): unknown {
  if (step === undefined) return by
  if (Array.isArray(value)) return value.with(Number(step), replaced(value[Number(step)], rest, by))
  const inner = value as Record<string, unknown>
  return { ...inner, [step]: replaced(inner[step], rest, by) }
}

function without(value: unknown, [step, ...rest]: Finding['path']): unknown {
  // An entry that is taken out would shift the places of those after it.
  if (step === undefined) return {}
  if (Array.isArray(value)) return value.map((item, index) => (index === step ? without(item, rest) : item))
  const { [step]: inner, ...others } = value as Record<string, unknown>
  return rest.length === 0 ? others : { ...others, [step]: without(inner, rest) }
}

/** A JSON pointer (RFC 6901); no key of a resource is a number. */
function readPointer(pointer: string): (string | number)[] {
  const steps = pointer.split('/').slice(1)
  return steps.map(step => (/^\d+$/.test(step) ? Number(step) : step.replaceAll('~1', '/').replaceAll('~0', '~')))
}
