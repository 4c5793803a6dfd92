// A spec with wrong parts -> one that can be checked further: what was meant, or "unknown", stands where a flaw is.
import { randomUUID } from 'node:crypto'
import type { Spec, SpecHost, SpecTunnel } from '../schemas/types'
import type { Path, ShapeFlaw } from './flaw'

/** Stands for a string that is missing or wrong; the checks do not judge it. Random, because nobody may write it in a spec. */
export const unknownText = `#{${randomUUID()} unknown}`

export const isUnknown = (text: string): boolean => text === unknownText

type Mapping = Readonly<Record<string, unknown>>

export function mend(value: unknown, flaws: readonly ShapeFlaw[]): Spec {
  let mended = value
  for (const flaw of flaws) {
    if (flaw.at !== 'key')
      mended = replaceAt(mended, flaw.path, flaw.meant ?? (flaw.wantsText ? unknownText : undefined))
  }
  const spec = toMapping(mended)
  return {
    ...spec,
    version: 1,
    hosts: mapValues(toMapping(spec.hosts), host => (isMapping(host) ? host : { address: unknownText }) as SpecHost),
    tunnels: mapValues(toMapping(spec.tunnels), tunnel => {
      const required = { client: unknownText, listen: unknownText, far: unknownText }
      return { ...required, ...dropEmpty(toMapping(tunnel)) } as unknown as SpecTunnel
    }),
  }
}

/** A copy with another value at `path`; undefined removes what is there. */
function replaceAt(value: unknown, path: Path, replacement: unknown): unknown {
  const [step, ...rest] = path
  if (step === undefined) return replacement
  if (Array.isArray(value)) {
    // A removed entry would shift the places of those after it.
    return value.map((item, index) => (index === Number(step) ? (replaceAt(item, rest, replacement) ?? {}) : item))
  }
  if (!isMapping(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, key === String(step) ? replaceAt(item, rest, replacement) : item]),
  )
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
