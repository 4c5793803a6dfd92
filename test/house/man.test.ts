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

test('mandoc warns of nothing', () => {
  expect(run('mandoc', '-T', 'lint', '-W', 'warning', page)).toEqual({ status: 0, said: '' })
})

test('it tells of every command with its options, and of every exit status', () => {
  const { said } = run('mandoc', '-T', 'utf8', '-O', 'width=1000', page)
  const shown = said.replace(/.\x08/g, '')
  for (const command of commands.filter(({ hidden }) => !hidden)) {
    expect(shown).toContain(usageOf(command))
    expect(shown).toContain(command.example)
    for (const { usage, says } of Object.values(command.options)) {
      expect(shown).toContain(usage)
      expect(shown).toContain(says)
    }
  }
  for (const [, says] of exitCodes) expect(shown).toContain(says)
})
