// The command line that a login shell gets.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fault } from '../../engine/fault'
import { longestCommand, makeCommand, startMark } from '../../engine/host/quote'
import { oddArguments, showArguments } from './odd-arguments'

const shells: Readonly<Record<string, readonly [string, ...string[]]>> = {
  dash: ['/bin/dash'],
  bash: ['/bin/bash'],
  busybox: ['/bin/busybox', 'sh'],
}
const show = { name: 'show', text: showArguments }

describe.each(Object.keys(shells))('where sh is %s', inner => {
  const path = mkdtempSync(join(tmpdir(), 'quote-test-'))
  beforeAll(() => symlinkSync(shells[inner]?.[0] ?? '', join(path, 'sh')))
  afterAll(() => rmSync(path, { recursive: true }))

  test.each(Object.entries(shells))(
    'a login shell %s runs it with its arguments unchanged',
    (_name, [program, ...applet]) => {
      const ran = spawnSync(program, [...applet, '-c', makeCommand('middle', show, oddArguments)], {
        input: 'and stdin\n',
        // HOME is without start-up files.
        env: { PATH: `${path}:/usr/bin:/bin`, HOME: path },
        encoding: 'utf8',
      })
      expect(ran.error).toBeUndefined()
      expect(ran.stderr).toBe(`${startMark}\n`)
      expect(ran.stdout.split('\0')).toEqual([`${startMark}\nshow`, ...oddArguments, 'and stdin\n'])
    },
  )
})

test('it has nothing in it that csh or fish reads in another way', () => {
  const command = makeCommand('middle', show, oddArguments)
  // Printable ASCII without `!`, in words of single quotes, and no backslash that fish takes for an escape.
  expect(command).toMatch(/^sh -c( '[\x20\x22-\x26\x28-\x7e]*')+$/)
  expect(command).not.toMatch(/\\[\\']/)
})

test('become stands before it and never asks for a password', () => {
  expect(makeCommand('middle', show, [], 'sudo')).toMatch(/^sudo -n sh -c '/)
  expect(makeCommand('middle', show, [], 'doas')).toMatch(/^doas -n sh -c '/)
})

test('a NUL character and a command above 128 KiB are refused', () => {
  const codeOf = (make: () => unknown) => {
    try {
      return make()
    } catch (error) {
      return error instanceof Fault ? error.code : error
    }
  }
  expect(codeOf(() => makeCommand('middle', show, ['a\0b']))).toBe('nul-in-argument')
  const spare = longestCommand - makeCommand('middle', show, ['']).length
  expect(makeCommand('middle', show, ['x'.repeat(spare)])).toHaveLength(longestCommand)
  expect(codeOf(() => makeCommand('middle', show, ['x'.repeat(spare + 1)]))).toBe('command-too-long')
})
