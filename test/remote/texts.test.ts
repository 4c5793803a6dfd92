// Every program text that runs on a host, as shellcheck sees it: POSIX sh and nothing more.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { scripts } from '../../engine/remote/texts'
import { checkShell, prepareRoot } from './private-root'

beforeAll(prepareRoot)

const folder = join(__dirname, '../../engine/remote')
const files = readdirSync(folder).filter(file => file.endsWith('.sh'))

test.each(files)('%s has nothing that shellcheck minds', file => {
  expect(checkShell(join(folder, file))).toBe('')
})

test.each(Object.values(scripts))('the composed text of $name has nothing that shellcheck minds', ({ name, text }) => {
  const own = mkdtempSync(join(tmpdir(), 'shellcheck-'))
  try {
    writeFileSync(join(own, `${name}.sh`), text)
    expect(checkShell(join(own, `${name}.sh`))).toBe('')
  } finally {
    rmSync(own, { recursive: true })
  }
})

test.each(files)('%s begins with a sentence that says what it does', file => {
  expect(readFileSync(join(folder, file), 'utf8')).toMatch(/^# \S.*[.:]\n/)
})
