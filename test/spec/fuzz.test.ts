// Damage to good files: parseSpec never throws, and every problem stands inside of the file.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { formatProblems, parseSpec } from '../../spec'
import { tries } from '../tries'
import { unsafe } from '../unsafe'

const folders = [join(__dirname, 'cases'), join(__dirname, '../../examples')]
const seeds = folders.flatMap(folder =>
  readdirSync(folder)
    .filter(file => file.endsWith('.yaml'))
    .map(file => readFileSync(join(folder, file), 'utf8')),
)

const scraps = [
  ...['\t', '\r\n', '\n', ' ', ':', ': ', '- ', '? ', '[', ']', '{', '}', '"', "'", '#', '|', '>', '---\n'],
  ...['&a ', '*a', '<<: *a', '!', '!!set', '%YAML 1.1\n---\n', '__proto__', 'constructor', '#{x}', '日本', '😀'],
  ...[
    '\u0000',
    '\u001b',
    '\u009b',
    '\u202e',
    '\u2028',
    '\uFEFF',
    'null',
    '~',
    'true',
    '1',
    '-1',
    '1e999',
    '.nan',
    '0x1F',
    'via: [middle]',
  ],
  ...['server: near', 'forward: remote', 'listen: 0.0.0.0:1', 'far: "[::1]:22"', 'local: true', '  '],
]

/** A hole, and what stands in it; or a line that is doubled, moved or lost. */
const damage = fc.oneof(
  fc.record({ at: fc.nat(2000), length: fc.nat(11), scrap: fc.constantFrom('', ...scraps) }),
  fc.record({ line: fc.nat(60), removes: fc.nat(1), from: fc.nat(60) }),
)
type Damage = typeof damage extends fc.Arbitrary<infer One> ? One : never

function apply(text: string, how: Damage): string {
  if ('at' in how) {
    const at = how.at % (text.length + 1)
    return text.slice(0, at) + how.scrap + text.slice(at + how.length)
  }
  const lines = text.split('\n')
  lines.splice(how.line % lines.length, how.removes, lines[how.from % lines.length] ?? '')
  return lines.join('\n')
}

test('damaged files are told, not thrown', () => {
  const damaged = fc
    .tuple(fc.constantFrom(...seeds), fc.array(damage, { minLength: 1, maxLength: 6 }))
    .map(([seed, damages]) => damages.reduce(apply, seed))
  fc.assert(
    fc.property(damaged, text => {
      const { spec, problems } = parseSpec(text, 'f')
      expect(spec === null).toBe(problems.length > 0)
      const lines = text.replace(/^\uFEFF/, '').split('\n')
      for (const { line, column, length, message } of problems) {
        const shown = lines[line - 1]
        const fits = shown !== undefined && column >= 1 && column <= shown.length + 1 && length >= 1
        if (!fits) throw new Error(`${line}:${column}: ${message}`)
      }
      const shown = formatProblems(problems, text)
      expect(shown).not.toMatch(/undefined|\[object|unknown\}/)
      expect(shown).not.toMatch(unsafe)
    }),
    tries(2000),
  )
})
