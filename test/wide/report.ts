// `tsx test/wide/report.ts` prints what the last `make test-wide` found and writes it into docs/hosts.md. A row that was not tried stays.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Found, foundFile } from './found'

const page = join(__dirname, '../../docs/hosts.md')
const facts = existsSync(foundFile)
  ? readFileSync(foundFile, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line) as Found)
  : []

const cells = (line: string) =>
  line
    .split('|')
    .slice(1, -1)
    .map(cell => cell.trim())
const unique = (words: readonly string[]) => [...new Set(words)]

/** A table of Markdown with what was found in place of what it said, row by row. */
function renew(name: string, table: string): string {
  const [head = '', , ...lines] = table.trim().split('\n')
  const columns = cells(head)
  const found = facts.filter(one => one.table === name)
  const stood = new Map(lines.map(line => [cells(line)[0] ?? '', cells(line)]))
  const rows = unique([...stood.keys(), ...found.map(({ row }) => row)]).map(row =>
    columns.map((column, at) => {
      if (at === 0) return row
      const answers = unique(found.filter(one => one.row === row && one.column === column).map(({ answer }) => answer))
      if (answers.length === 0) return stood.get(row)?.[at] ?? ''
      return answers.length > 1 && answers.includes('**no**') ? '**no**' : answers.join(', ')
    }),
  )
  return [columns, columns.map(() => '---'), ...rows].map(row => `| ${row.join(' | ')} |`).join('\n')
}

const text = readFileSync(page, 'utf8').replace(
  /(<!-- table ([a-z-]+), written by make test-wide -->\n\n)([^<]*)(\n\n<!-- end -->)/g,
  (_all, start: string, name: string, table: string, end: string) => {
    const made = renew(name, table)
    console.log(`\n${name}\n\n${made}`)
    return start + made + end
  },
)
writeFileSync(page, text)
