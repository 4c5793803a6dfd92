// The command line that a login shell gets, and the program that it takes from stdin.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fault } from '../../engine/fault'
import { makeCall, startMark } from '../../engine/host/quote'
import { scripts } from '../../engine/remote/texts'
import { oddArguments, showArguments } from './odd-arguments'

const shells: Readonly<Record<string, readonly [string, ...string[]]>> = {
  dash: ['/bin/dash'],
  bash: ['/bin/bash'],
  busybox: ['/bin/busybox', 'sh'],
}
const show = { name: 'show', text: showArguments }
const { command, program } = makeCall('middle', show, oddArguments, 60)

describe.each(Object.keys(shells))('where sh is %s', inner => {
  const path = mkdtempSync(join(tmpdir(), 'quote-test-'))
  beforeAll(() => {
    symlinkSync(shells[inner]?.[0] ?? '', join(path, 'sh'))
    if (inner === 'busybox') symlinkSync('/bin/busybox', join(path, 'dd'))
  })
  afterAll(() => rmSync(path, { recursive: true }))

  const runUnder = ([shell, ...applet]: readonly [string, ...string[]], input: string) =>
    spawnSync(shell, [...applet, '-c', command], {
      input,
      // HOME is without start-up files.
      env: { PATH: `${path}:/usr/bin:/bin`, HOME: path },
      encoding: 'utf8',
    })

  test.each(Object.entries(shells))('a login shell %s runs it with its arguments unchanged', (_name, shell) => {
    const ran = runUnder(shell, `${program}and stdin\n`)
    expect(ran.error).toBeUndefined()
    expect(ran.stderr).toBe(`${startMark}\n`)
    expect(ran.stdout.split('\0')).toEqual([`${startMark}\nshow`, ...oddArguments, 'and stdin\n'])
  })

  test('of a program that has not arrived whole nothing is run', () => {
    const text = 'echo begun\n'.repeat(100)
    const whole = makeCall('middle', { name: 'show', text: `${text}}` }, [], 60).program
    for (const part of ['', whole.slice(0, -1), whole.slice(0, whole.indexOf('echo begun') + 11), whole.slice(4)]) {
      const ran = runUnder(['/bin/dash'], part)
      expect([ran.status === 0, ran.stdout]).toEqual([false, `${startMark}\n`])
    }
  })
})

test('it has nothing in it that csh or fish reads in another way', () => {
  // Printable ASCII without `!`, in one word of single quotes, and no backslash that fish takes for an escape.
  expect(command).toMatch(/^sh -c '[\x20\x22-\x26\x28-\x7e]*' show$/)
  expect(command).not.toMatch(/\\[\\']/)
})

test('become stands before it and never asks for a password, and what it logs is short', () => {
  for (const become of ['sudo', 'doas'] as const) {
    const call = makeCall('middle', scripts.batch, oddArguments, 60, become)
    expect(call.command).toMatch(new RegExp(`^${become} -n sh -c '`))
    expect(call.command.length).toBeLessThan(300)
    expect(call.program).toContain(scripts.batch.text)
  }
})

test('a NUL character is refused', () => {
  expect(() => makeCall('middle', show, ['a\0b'], 60)).toThrow(Fault)
})
