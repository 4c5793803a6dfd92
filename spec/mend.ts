// A spec with wrong parts -> one that can be checked further: what was meant, or "unknown", stands where a flaw is.
import { randomUUID } from 'node:crypto'
import type { Spec, SpecHost, SpecTunnel } from '../schemas/types'
import type { Path, ShapeFlaw } from './flaw'

/** Stands for a string that is missing or wrong; the checks do not judge it. Random, because nobody may write it in a spec. */
export const unknownText = `#{${randomUUID()} unknown}`

export const isUnknown = (text: string): boolean => text === unknownText

type Mapping = Readonly<Record<string, unknown>>

export function mend(value: unknown, flaws: readonly ShapeFlaw[]): Spec {
  // One copy for all flaws: there may be thousands.
  const mended = { spec: copyOf(value) }
  for (const flaw of flaws) {
    if (flaw.at !== 'key')
      replaceAt(mended, ['spec', ...flaw.path], flaw.meant ?? (flaw.wantsText ? unknownText : undefined))
  }
  const spec = toMapping(mended.spec)
  return {
    ...spec,
    version: 1,
    hosts: mapValues(toMapping(spec.hosts), host => (isMapping(host) ? host : { address: unknownText }) as SpecHost),
    tunnels: mapValues(toMapping(spec.tunnels), tunnel => {
      const given = dropEmpty(toMapping(tunnel))
      const { forwards } = given
      const whole = Array.isArray(forwards) ? { ...given, forwards: forwards.map(mendForward) } : mendForward(given)
      return { client: unknownText, ...whole } as unknown as SpecTunnel
    }),
  }
}

function mendForward(forward: unknown): Mapping {
  const given = dropEmpty(toMapping(forward))
  return { listen: unknownText, ...(given.forward === 'dynamic' ? {} : { far: unknownText }), ...given }
}

/** What aliases share is apart in it. */
function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf)
  return isMapping(value) ? mapValues(value, copyOf) : value
}

/** Puts another value at `path`; undefined where nothing of what is there can be used. */
function replaceAt(value: unknown, [step, ...rest]: Path, replacement: unknown): void {
  if (step === undefined || typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return
  const parent = value as Record<string | number, unknown>
  if (rest.length > 0) replaceAt(parent[step], rest, replacement)
  // A missing entry would shift the places of those after it.
  else parent[step] = replacement === undefined && Array.isArray(value) ? {} : replacement
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function toMapping(value: unknown): Mapping {
  return isMapping(value) ? value : {}
}

function dropEmpty(mapping: Mapping): Mapping {
  return Object.fromEntries(Object.entries(mapping).filter(([, value]) => value !== undefined))
}

function mapValues<T>(mapping: Mapping, change: (value: unknown) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(mapping).map(([key, value]) => [key, change(value)]))
}
