// `completion`: what a shell reads to complete our words; and `complete`, which it then asks.
import { plain } from '../../schemas/plain'
import { type Command, WrongWords } from '../command'
import { findCandidates } from '../completion/candidates'
import { completionScripts, filesMark, shells } from '../completion/scripts'

export const completion: Command = {
  name: 'completion',
  takes: [{ name: 'SHELL', values: shells }],
  says: 'prints what bash, zsh or fish reads to complete commands, options, files and the names in a spec',
  example: 'source <(ssh-tunnels completion bash)',
  more: `It completes the word ssh-tunnels: where that is no command of the shell's, put its folder (node_modules/.bin) into PATH first.
Put that line into ~/.bashrc, or into ~/.zshrc with zsh in place of bash, behind compinit. For fish:

  ssh-tunnels completion fish > ~/.config/fish/completions/ssh-tunnels.fish

Names of tunnels and hosts come from the spec that stands on the line, else from tunnels.yaml here; those that ssh can go to from its
configuration and known_hosts; what close can end from what is open. No host is asked.`,
  options: {},
  run(words) {
    const shell = shells.find(one => one === words.argument('SHELL'))
    if (!shell) throw new WrongWords(`${words.argument('SHELL')} is none of ${shells.join(', ')}`)
    process.stdout.write(completionScripts[shell])
    return 0
  },
}

/** Of these commands, which are known once all are. */
export const completeOf = (commands: () => readonly Command[]): Command => ({
  name: 'complete',
  takes: [{ name: 'INDEX' }, { name: 'WORD', optional: true, many: true }],
  says: 'what may stand at a place of a command line: what completion has a shell ask',
  example: 'ssh-tunnels complete 0 -- pl',
  more: '',
  options: {},
  hidden: true,
  run(words) {
    const found = findCandidates({
      commands: commands(),
      words: words.argumentsOf('WORD'),
      at: Number(words.argument('INDEX')),
    })
    const lines =
      found === 'files' ? [filesMark] : found.map(({ word, says }) => `${word}\t${says}`.replace(/\n/g, ' '))
    process.stdout.write(plain(lines.map(line => `${line}\n`).join('')))
    return 0
  },
})
