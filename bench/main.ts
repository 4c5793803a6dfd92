// `make bench`: ours, the floor and the peers in one run on one machine; writes docs/benchmarks.md.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Name, names } from './contender'
import { busyShare } from './machine'
import { tell } from './measure'
import type { Asked } from './section'
import { sections } from './sections'

const words = sections.flatMap(section => section.words)
/** A section's name, or one of its words. */
const spell = (given: string) => sections.find(({ name }) => name === given)?.words ?? [given]

const usage = `usage: bench/main.ts [--only WHAT] [--counts COUNTS] [--runs N] [--who NAMES] [--json FILE]
  --only     of ${words.join(', ')}; default: all of them. starts, acts and recovery are several
  --counts   tunnels; default: 1 10 100
  --runs     of each; default: as many as suit it, and 1 from 100 tunnels on
  --who      of ${names.join(', ')}; default: all. With some the tables are printed and the page stays as it is
  --json     writes every sample there, a JSON document a table
`

async function readWords(): Promise<Asked> {
  const text = { type: 'string', default: '' } as const
  const { values } = parseArgs({ options: { only: text, counts: text, runs: text, who: text, json: text } })
  const several = (given: string, known: readonly string[]) => {
    const list = given.split(/[ ,]+/).filter(Boolean)
    if (!list.every(word => known.includes(word))) throw new Error(usage)
    return known.filter(word => list.length === 0 || list.includes(word))
  }
  const counts = (values.counts || '1 10 100').split(/[ ,]+/).filter(Boolean).map(Number)
  const whole = (value: number, least: number) => Number.isInteger(value) && value >= least
  if (!counts.every(count => whole(count, 1)) || !whole(Number(values.runs), 0)) throw new Error(usage)
  const who = several(values.who, names) as Name[]
  return {
    only: several(values.only.split(/[ ,]+/).flatMap(spell).join(' '), words),
    counts: counts.sort((a, b) => a - b),
    runs: Number(values.runs) || undefined,
    who,
    busy: await busyShare(),
    isWhole: who.length === names.length,
    json: values.json,
  }
}

async function main(): Promise<void> {
  const asked = await readWords()
  if (asked.json) writeFileSync(asked.json, '')
  for (const section of sections) {
    if (!section.words.some(word => asked.only.includes(word))) continue
    tell(`${section.words.join(', ')}`)
    try {
      await section.run(asked)
    } catch (fault) {
      // The others are measured all the same.
      console.error((fault as Error).stack)
      process.exitCode = 1
    }
  }
}

main().catch(fault => {
  console.error((fault as Error).message)
  process.exitCode = 1
})
