// Every case of cases/KIND/NAME.json: what a part reads from a snapshot, and which steps it plans. UPDATE_CASES=1 writes have and steps anew.
import { type Kind, parts } from '../../engine/parts'
import type { Part, Step } from '../../engine/parts/part'
import { type CaseSnapshot, fromReadable, namesIn, readable, readCase, snapshotOf, writeCase } from './cases'

interface Case {
  readonly on: CaseSnapshot
  readonly at: Readonly<Record<string, unknown>> & { readonly text?: readonly string[] }
  readonly want: unknown
  readonly have: unknown
  readonly steps: unknown
}

type AnyPart = Part<unknown, unknown>

const show = ({ why, phase, verb, args, content }: Step) => ({
  why,
  phase,
  step: [verb, ...args],
  ...(content === undefined ? {} : { content: content.split('\n') }),
})

describe.each(Object.keys(parts) as Kind[])('%s', kind => {
  const part = parts[kind] as unknown as AnyPart
  test.each(namesIn(kind))('%s', name => {
    const given = readCase(kind, name) as Case
    const text = given.at.text?.join('\n') ?? ''
    const at = { ...given.at, ...(given.at.text ? { text } : {}) }
    const on = snapshotOf(given.on)
    const want = fromReadable(given.want, text)
    const have = part.observe(on, at)
    const steps = part.plan(want, have, on, at)
    const seen = { ...given, have: readable(have, [text]), steps: steps.map(show) }
    if (process.env.UPDATE_CASES) writeCase(kind, name, seen)
    expect(seen).toEqual(readCase(kind, name))
  })
})
