// The spec: a YAML file -> tunnels and middles that are ready to be derived, or every mistake in it at once.
import { readFileSync } from 'node:fs'
import { few } from '../schemas/few'
import { tunnelsOf } from '../schemas/shared'
import { checkSpec } from './check-spec'
import { first } from './first'
import type { Path } from './flaw'
import { type Loaded, loadYaml } from './load'
import { mend } from './mend'
import { formatProblems, mostMistakes, type Problem, tooMany } from './problem'
import { type Resolved, resolveSpec } from './resolve'
import { findShapeFlaws } from './validate'

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
  const text = readSource(file)
  const { spec, problems } = parseSpec(text, file)
  if (!spec) throw new SpecError(problems, formatProblems(problems, text))
  return spec
}

const plainly: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'you may not read it',
}

/** Throws a SpecError with the reason where it cannot be read. */
export function readSource(file: string): string {
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
  const refuse = (found: readonly Problem[]) => ({ spec: null, problems: tell(found, fileName) })
  if (!readable || problems.length > mostMistakes) return refuse(problems)
  const left = mostMistakes + 1 - problems.length
  const shapeFlaws = first(left, findShapeFlaws(value))
  const told = [...problems, ...shapeFlaws.map(place)]
  if (shapeFlaws.length === left) return refuse(told)
  const spec = mend(value, shapeFlaws)
  const resolved = resolveSpec(spec)
  const all = [...told, ...first(left - shapeFlaws.length, checkSpec(spec, resolved)).map(place)]
  if (all.length > 0) return refuse(all)
  return { spec: { ...resolved, places: placesOf(resolved, place) }, problems: [] }
}

/** As one reads the file; of too many the first that were found. */
function tell(found: readonly Problem[], fileName: string): Problem[] {
  if (found.length <= mostMistakes) return inOrder(found)
  return [tooMany(fileName), ...inOrder(found.slice(0, mostMistakes))]
}

/** Of a shared connection those of its tunnels. */
function placesOf({ declared, tunnels, middles }: Resolved, place: Loaded['place']): Map<string, string> {
  const lineOf = (path: Path) => {
    const { file, line } = place({ path, at: 'key', code: '', message: '' })
    return `${file}:${line}`
  }
  return new Map([
    ...tunnels
      .filter(({ shared }) => shared)
      .map(one => {
        const lines = tunnelsOf(one).map(name => `${lineOf(['tunnels', name])} (${name})`)
        return [`tunnel ${one.name}`, few(lines).join(', ')] as const
      }),
    ...declared.map(({ name }) => [`tunnel ${name}`, lineOf(['tunnels', name])] as const),
    ...middles.map(({ name }) => [`middle ${name}`, lineOf(['hosts', name])] as const),
  ])
}

/** As one reads the file. Through an alias one mistake is found from several places: it is told once. */
function inOrder(problems: readonly Problem[]): Problem[] {
  const unique = new Map(problems.map(problem => [JSON.stringify(problem), problem]))
  return [...unique.values()].sort((a, b) => a.line - b.line || a.column - b.column)
}
