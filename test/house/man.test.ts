// The manual page is one that man(1) shows: neither mandoc nor groff finds anything wrong, and it tells of every command and exit status.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { usageOf } from '../../cli/command'
import { commands } from '../../cli/commands'
import { exitCodes } from '../../cli/exit-codes'

const page = join(__dirname, '../../docs/ssh-tunnels.1')
const run = (program: string, ...words: string[]) => {
  const { status, stdout, stderr, error } = spawnSync(program, words, { encoding: 'utf8' })
  if (error) throw error
  return { status, said: `${stdout}${stderr}` }
}

test('groff warns of nothing, and mandoc of nothing but that it has no date: it is as old as its version', () => {
  expect(run('groff', '-ww', '-man', '-z', page)).toEqual({ status: 0, said: '' })
  const { said } = run('mandoc', '-T', 'lint', '-W', 'warning', page)
  expect(said.split('\n').filter(line => line !== '' && !line.includes('missing date'))).toEqual([])
})

test('it tells of every command with its options, and of every exit status', () => {
  const plain = (text: string) => text.replace(/\s+/g, ' ')
  // Bold is overstruck: a letter, a step back, the letter again.
  const overstruck = new RegExp(`.${String.fromCharCode(8)}`, 'g')
  const shown = plain(run('mandoc', '-T', 'ascii', '-O', 'width=1000', page).said.replace(overstruck, ''))
  for (const command of commands.filter(({ hidden }) => !hidden)) {
    expect(shown).toContain(usageOf(command))
    expect(shown).toContain(command.example)
    for (const line of command.more.split('\n')) expect(shown).toContain(plain(line).trim())
    for (const { usage, says } of Object.values(command.options)) {
      expect(shown).toContain(usage)
      expect(shown).toContain(plain(says))
    }
  }
  for (const [, says] of exitCodes) expect(shown).toContain(says)
})
