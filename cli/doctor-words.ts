// Combinations of doctor's words that mean nothing: said before anybody is asked, for a word that is passed over in silence misleads.
import { type Words, WrongWords } from './command'

/** What stands for a spec: one of them. */
const byHand = ['command', 'unit', 'config'] as const

/** @throws WrongWords */
export function refuseSenseless(words: Words): void {
  const named = byHand.filter(words.has)
  const [way] = named
  if (named.length > 1) throw new WrongWords(`--${named.join(' and --')} are different tunnels; name one at a time`)
  if (way === undefined) {
    const loose = ['on', 'resolve'].find(words.has)
    if (loose !== undefined && words.argument('SPEC') !== '')
      throw new WrongWords(
        `--${loose} is for tunnels that we did not make: with --command, --unit or --config, and no spec`,
      )
    if (words.has('yes') && !words.has('fix')) throw new WrongWords('--yes answers what --fix asks: say --fix too')
    return
  }
  const ofSpec = ['fix', 'yes'].find(words.has)
  if (ofSpec !== undefined)
    throw new WrongWords(`--${ofSpec} is for the tunnels of a spec; ssh-tunnels adopt makes one of what runs by hand`)
  if (words.has('resolve') && way !== 'command') throw new WrongWords('--resolve is for a command')
  if (words.has('resolve') && words.has('on'))
    throw new WrongWords('--resolve asks the ssh of this machine: not together with --on')
  const more = [...words.argumentsOf('SPEC'), ...words.argumentsOf('TUNNEL')]
  if (way !== 'config' && more.length > 0)
    throw new WrongWords(
      `${more.join(' ')}: --${way} stands for the tunnel; a command is one word, in quotes, and a spec goes without --${way}`,
    )
}
