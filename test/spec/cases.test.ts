// Each file of cases/ with mistakes and what its author is told. UPDATE_CASES=1 writes the answers anew: read the diff.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatProblems, parseSpec } from '../../spec'

const folder = join(__dirname, 'cases')
const names = readdirSync(folder)
  .filter(file => file.endsWith('.yaml'))
  .map(file => file.replace('.yaml', ''))

test.each(names)('the mistakes of %s.yaml are told in words of the author', name => {
  const text = readFileSync(join(folder, `${name}.yaml`), 'utf8')
  const { spec, problems } = parseSpec(text, 'tunnels.yaml')
  const told = `${formatProblems(problems, text)}\n`
  const expected = join(folder, `${name}.txt`)
  if (process.env.UPDATE_CASES) writeFileSync(expected, told)
  expect(told).toBe(readFileSync(expected, 'utf8'))
  expect(spec).toBeNull()
})
