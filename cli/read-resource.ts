// One tunnel or one middle as JSON, {"type": ..., "input": ...}: what a null_resource hands to the command.
import Ajv from 'ajv'
import type { Declared } from '../engine/declared'
import { checkMiddle, checkTunnel } from '../schemas/check-tunnel'
import host from '../schemas/host.schema.json'
import jump from '../schemas/jump.schema.json'
import middle from '../schemas/middle.schema.json'
import tunnel from '../schemas/tunnel.schema.json'

/** Not a tunnel or a middle; `message` names every mistake. */
export class WrongResource extends Error {}

/** Throws WrongResource. What is to be removed was right when it was made: then only its shape counts. */
export function readResource(text: string, verb: 'apply' | 'destroy'): Declared {
  const { type, input } = parse(text)
  const ajv = new Ajv({ allErrors: true, strict: false, schemas: [host, jump, tunnel, middle] })
  const check = ajv.getSchema(`${type}.schema.json`)
  if (!check || (type !== 'tunnel' && type !== 'middle')) throw new WrongResource('type must be tunnel or middle')
  if (!check(input)) {
    const lines = (check.errors ?? []).map(({ instancePath, message, params }) => {
      const key = params.additionalProperty === undefined ? '' : `: ${params.additionalProperty}`
      return `${instancePath.slice(1).replaceAll('/', '.') || 'input'} ${message}${key}`
    })
    throw new WrongResource([`this is no ${type}:`, ...lines].join('\n  '))
  }
  const declared = { type, input } as Declared
  if (verb === 'destroy') return declared
  const findings = declared.type === 'tunnel' ? checkTunnel(declared.input) : checkMiddle(declared.input)
  if (findings.length === 0) return declared
  const lines = findings.map(({ path, message, hint }) => `${path.join('.')}: ${message}${hint ? ` (${hint})` : ''}`)
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
