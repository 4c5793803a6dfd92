// docs/benchmarks.md: each table stands between its own markers, so that a run which measures one leaves the others.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const page = join(__dirname, '../docs/benchmarks.md')

export function writeTable(name: string, text: string): void {
  writeFileSync(page, replaceTable(readFileSync(page, 'utf8'), name, text))
}

/** The page with another table of that name. */
export function replaceTable(page: string, name: string, text: string): string {
  const marked = new RegExp(`(?<=<!-- ${name}: bench/[a-z-]+\\.ts -->\\n)[\\s\\S]*?(?=<!-- end -->)`)
  if (!marked.test(page)) throw new Error(`docs/benchmarks.md has no place for the table ${name}`)
  return page.replace(marked, () => text)
}
