// docs/benchmarks.md: each table stands between its own markers, so that a run which measures one leaves the others.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const page = join(__dirname, '../docs/benchmarks.md')

export function writeTable(name: string, text: string): void {
  const marked = new RegExp(`(?<=<!-- ${name}: bench/[a-z-]+\\.ts -->\\n)[\\s\\S]*?(?=<!-- end -->)`)
  const before = readFileSync(page, 'utf8')
  if (!marked.test(before)) throw new Error(`docs/benchmarks.md has no place for the table ${name}`)
  writeFileSync(
    page,
    before.replace(marked, () => text),
  )
}
