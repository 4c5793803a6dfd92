// Random damage to good files: parseSpec never throws, and every problem stands inside of the file.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatProblems, parseSpec } from '../../spec'

const folders = [join(__dirname, 'cases'), join(__dirname, '../../examples')]
const seeds = folders.flatMap(folder =>
  readdirSync(folder)
    .filter(file => file.endsWith('.yaml'))
    .map(file => readFileSync(join(folder, file), 'utf8')),
)

const scraps = [
  ...['\t', '\r\n', '\n', ' ', ':', ': ', '- ', '? ', '[', ']', '{', '}', '"', "'", '#', '|', '>', '---\n'],
  ...['&a ', '*a', '<<: *a', '!', '!!set', '%YAML 1.1\n---\n', '__proto__', 'constructor', '#{x}', '日本', '😀'],
  ...['\u0000', '\u001b', '\uFEFF', 'null', '~', 'true', '1', '-1', '1e999', '.nan', '0x1F', 'via: [middle]'],
  ...['server: near', 'forward: remote', 'listen: 0.0.0.0:1', 'far: "[::1]:22"', 'local: true', '  '],
]

/** Mulberry32: the same numbers on every run. */
function makeRandom(seed: number) {
  let state = seed
  return (below: number) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below)
  }
}

function damage(text: string, random: (below: number) => number): string {
  const at = random(text.length + 1)
  const length = random(12)
  const scrap = scraps[random(scraps.length)] ?? ''
  const lines = text.split('\n')
  switch (random(4)) {
    case 0:
      return text.slice(0, at) + scrap + text.slice(at)
    case 1:
      return text.slice(0, at) + text.slice(at + length)
    case 2:
      return text.slice(0, at) + scrap + text.slice(at + length)
    default:
      lines.splice(random(lines.length), random(2), lines[random(lines.length)] ?? '')
      return lines.join('\n')
  }
}

test.each([1, 2, 3, 4])('files damaged at random (seed %i) are told, not thrown', seed => {
  const random = makeRandom(seed)
  for (let round = 0; round < 500; round++) {
    let text = seeds[random(seeds.length)] ?? ''
    for (let times = random(6); times >= 0; times--) text = damage(text, random)
    const { spec, problems } = parseSpec(text, 'f')
    expect(spec === null).toBe(problems.length > 0)
    const lines = text.replace(/^\uFEFF/, '').split('\n')
    for (const { line, column, length, message } of problems) {
      const shown = lines[line - 1]
      const fits = shown !== undefined && column >= 1 && column <= shown.length + 1 && length >= 1
      if (!fits) throw new Error(`${line}:${column} of ${JSON.stringify(text)}: ${message}`)
    }
    expect(formatProblems(problems, text)).not.toMatch(/undefined|\[object|unknown\}/)
  }
})
