// The spec: a YAML file -> tunnels and middles that are ready to be derived, or every mistake in it at once.
import { readFileSync } from 'node:fs'
import { checkSpec } from './check-spec'
import type { Path } from './flaw'
import { type Loaded, loadYaml } from './load'
import { mend } from './mend'
import { formatProblems, type Problem, tooMany } from './problem'
import { type Resolved, resolveSpec } from './resolve'
import { findShapeFlaws, mostFlaws } from './validate'

export { formatProblems, type Problem } from './problem'
export type { Resolved } from './resolve'

/** A spec with mistakes; `message` shows them all, each under its line. */
export class SpecError extends Error {
  override readonly name = 'SpecError'

  constructor(
    readonly problems: readonly Problem[],
    message: string,
  ) {
    super(message)
  }
}

/** Reads a spec file. Throws a SpecError with every mistake in it. */
export function readSpec(file: string): Resolved {
  const text = readText(file)
  const { spec, problems } = parseSpec(text, file)
  if (!spec) throw new SpecError(problems, formatProblems(problems, text))
  return spec
}

const plainly: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'you may not read it',
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const { code = '', message: said } = error as NodeJS.ErrnoException
    const message = `${file} cannot be read: ${plainly[code] ?? said}`
    throw new SpecError([{ file, line: 1, column: 1, length: 1, code: 'unreadable', message }], message)
  }
}

/** Never throws; `spec` is null where there are problems. */
export function parseSpec(text: string, fileName: string): { spec: Resolved | null; problems: Problem[] } {
  const { value, readable, problems, place } = loadYaml(text, fileName)
  if (!readable) return { spec: null, problems: inOrder(problems) }
  const shapeFlaws = findShapeFlaws(value)
  if (shapeFlaws.length > mostFlaws) {
    const told = shapeFlaws.slice(0, mostFlaws).map(place)
    return { spec: null, problems: [tooMany(fileName, mostFlaws), ...inOrder(told)] }
  }
  const spec = mend(value, shapeFlaws)
  const resolved = resolveSpec(spec)
  const all = [...problems, ...[...shapeFlaws, ...checkSpec(spec, resolved)].map(place)]
  if (all.length > 0) return { spec: null, problems: inOrder(all) }
  return { spec: { ...resolved, places: placesOf(resolved, place) }, problems: [] }
}

function placesOf({ tunnels, middles }: Resolved, place: Loaded['place']): Map<string, string> {
  const lineOf = (path: Path) => {
    const { file, line } = place({ path, at: 'key', code: '', message: '' })
    return `${file}:${line}`
  }
  return new Map([
    ...tunnels.map(({ name }) => [`tunnel ${name}`, lineOf(['tunnels', name])] as const),
    ...middles.map(({ name }) => [`middle ${name}`, lineOf(['hosts', name])] as const),
  ])
}

/** As one reads the file. Through an alias one mistake is found from several places: it is told once. */
function inOrder(problems: readonly Problem[]): Problem[] {
  const unique = new Map(problems.map(problem => [JSON.stringify(problem), problem]))
  return [...unique.values()].sort((a, b) => a.line - b.line || a.column - b.column)
}
