// Mistakes in a resource's configuration, with the attribute they stand at; values that are not known yet are not judged.
import { randomUUID } from 'node:crypto'
import { badShape, findMistakes as findIn } from '../schemas/find-mistakes'
import { snakePath } from '../schemas/snake-case'
import { fromTerraform } from './names'
import type { Diagnostic, Obj } from './plugin'

/** Stands where a value is unknown. Random, so that no configuration can hold it and pass for unknown. */
const standIn = randomUUID()
const isUnknown = (text: string): boolean => text === standIn
const hide = (text: string): string => text.replaceAll(standIn, '(known after apply)')

export function findMistakes(type: 'tunnel' | 'middle', config: Obj, inputNames: readonly string[]): Diagnostic[] {
  const given: Obj = Object.fromEntries(inputNames.map(name => [name, config[name] ?? null]))
  return findIn(type, fromTerraform(given, standIn), isUnknown).map(({ path, code, message, hint = '', allowed }) => {
    const place = snakePath(path)
    const named = code === badShape ? `${place.join('.') || 'the resource'} ${message}` : message
    const summary = allowed ? `${named}: ${allowed.join(', ')}` : named
    return { severity: 'error', summary: hide(summary), detail: hide(hint), path: place }
  })
}
