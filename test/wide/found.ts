// What the wide tests find, a line a fact, for the tables of docs/hosts.md that report.ts writes.
import { appendFileSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'

export type TableName = 'hosts' | 'least-privilege' | 'auditors' | 'openssh-tests'

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
