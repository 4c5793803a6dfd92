// A section of the measuring: one or several tables of docs/benchmarks.md, made in one go on a lab of its own.
import { appendFileSync } from 'node:fs'
import type { Name } from './contender'
import { writeTable } from './page'

export interface Asked {
  /** Of all sections' words. */
  readonly only: readonly string[]
  readonly counts: readonly number[]
  /** undefined: as many as suit. */
  readonly runs?: number
  readonly who: readonly Name[]
  /** Of all cores, that were not idle before. */
  readonly busy: number
  /** Whether the page is written; else tables are printed alone. */
  readonly isWhole: boolean
  /** Where every sample is written, a JSON document a line. */
  readonly json: string
}

export interface Section {
  /** Asks for all of its words. */
  readonly name: string
  /** What may be asked for by ONLY; each is a table, or several. */
  readonly words: readonly string[]
  run(asked: Asked): Promise<void>
}

export function publish(asked: Asked, name: string, table: string, about: string, samples: unknown): void {
  console.log(`${name}\n${table}${about}\n`)
  if (asked.isWhole) writeTable(name, `${table}\n${about}\n`)
  if (asked.json) appendFileSync(asked.json, `${JSON.stringify({ name, about, samples })}\n`)
}
