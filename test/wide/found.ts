// What the wide tests find, a line a fact, for the tables of docs/hosts.md that report.ts writes.
import { appendFileSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'

export type TableName = 'hosts' | 'least-privilege' | 'local' | 'auditors' | 'openssh-tests' | 'lock-outs' | 'doctor'

export interface Found {
  readonly table: TableName
  readonly row: string
  readonly column: string
  readonly answer: string
}

export const foundFile = join(__dirname, '../../dist/wide.jsonl')

export function find(found: Found): void {
  mkdirSync(dirname(foundFile), { recursive: true })
  appendFileSync(foundFile, `${JSON.stringify(found)}\n`)
}

/** A test whose outcome is a cell of a table: `yes`, or `**no**` when it fails. */
export function fact(cell: Omit<Found, 'answer'>, name: string, body: () => Promise<void>, timeout?: number): void {
  test(
    name,
    async () => {
      let answer = '**no**'
      try {
        await body()
        answer = 'yes'
      } finally {
        find({ ...cell, answer })
      }
    },
    timeout,
  )
}

/** The same of several rows at once: each of which what is seen is what is wanted has `yes`, or the answer that is given. */
export function factOfEach(
  cell: Omit<Found, 'answer' | 'row'>,
  rows: readonly string[],
  name: string,
  body: () => Promise<
    Readonly<Record<string, { readonly seen: unknown; readonly wanted: unknown; readonly answer?: string }>>
  >,
  timeout?: number,
): void {
  test(
    name,
    async () => {
      let told: Awaited<ReturnType<typeof body>> = {}
      try {
        told = await body()
      } finally {
        for (const row of rows) {
          const one = told[row]
          const isSo = one !== undefined && isDeepStrictEqual(one.seen, one.wanted)
          find({ ...cell, row, answer: isSo ? (one.answer ?? 'yes') : '**no**' })
        }
      }
      const of = (what: 'seen' | 'wanted') => Object.fromEntries(rows.map(row => [row, told[row]?.[what]]))
      expect(of('seen')).toEqual(of('wanted'))
    },
    timeout,
  )
}
