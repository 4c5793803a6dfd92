// What Stryker has found, as it lies in .stryker: `tsx test/mutants/report.ts` writes the table of docs/mutants.md, with --list it prints the
// mutants that live.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

interface Mutant {
  readonly status: string
  readonly replacement: string
  readonly location: { readonly start: { readonly line: number; readonly column: number } }
}
interface Found {
  readonly files: { readonly [path: string]: { readonly source: string; readonly mutants: readonly Mutant[] } }
}

const root = join(__dirname, '../..')
const page = join(root, 'docs/mutants.md')
const rooms = Object.keys(require('./rooms.cjs'))

function readFound(room: string): Found['files'] {
  const file = join(root, `.stryker/${room}.json`)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Found).files : {}
}

const killed = ['Killed', 'Timeout']
const alive = ['Survived', 'NoCoverage']
const count = (mutants: readonly Mutant[], statuses: readonly string[]) =>
  mutants.filter(({ status }) => statuses.includes(status)).length

function rowOf(name: string, mutants: readonly Mutant[]): string[] {
  const [dead, left, unseen] = [count(mutants, killed), count(mutants, alive), count(mutants, ['NoCoverage'])]
  if (dead + left === 0) return []
  return [`| ${name} | ${dead + left} | ${left} | ${unseen} | ${Math.round((100 * dead) / (dead + left))} % |`]
}

/** A room that has not been tried here keeps its rows. */
function rowsOf(room: string, table: string): string[] {
  const [, rest = ''] = table.split(new RegExp(`^(?=\\| \\*\\*${room}\\*\\*)`, 'm'))
  const [row = '', ...files] = rest.split('\n')
  const end = files.findIndex(line => !line.startsWith('| `'))
  return row === '' ? [] : [row, ...files.slice(0, end)]
}

const head = [
  '| room, file | mutants | live | of these in code that no test of the room runs | score |',
  '|---|---|---|---|---|',
]
const found = rooms.map(room => ({ room, files: Object.entries(readFound(room)) }))

if (process.argv.includes('--list')) {
  for (const { files } of found)
    for (const [path, { source, mutants }] of files)
      for (const { status, replacement, location } of mutants)
        if (alive.includes(status)) {
          const line = source.split('\n')[location.start.line - 1]?.trim() ?? ''
          console.log(`${path}:${location.start.line}:${location.start.column} ${status}\n  ${line}\n  ${replacement}`)
        }
} else {
  const [before = '', table = '', after = ''] = readFileSync(page, 'utf8').split(/^<!-- .*table.* -->$/m)
  const rows = found.flatMap(({ room, files }) =>
    files.length === 0
      ? rowsOf(room, table)
      : [
          ...rowOf(
            `**${room}**`,
            files.flatMap(([, { mutants }]) => mutants),
          ),
          ...files.flatMap(([path, { mutants }]) => rowOf(`\`${path}\``, mutants)),
        ],
  )
  const [start, end] = ['<!-- table: written by make mutants -->', '<!-- end of the table -->']
  writeFileSync(page, `${before}${start}\n\n${[...head, ...rows].join('\n')}\n\n${end}${after}`)
}
