// Combinations of doctor's words that mean nothing: said before anybody is asked, for a word that is passed over in silence misleads.
import { type Words, WrongWords } from './command'
import { refuseBehind, refuseResolve, wayOf } from './hand-words'

/** What stands for a spec: one of them. */
const byHand = ['command', 'unit', 'config'] as const

/** @throws WrongWords */
export function refuseSenseless(words: Words): void {
  const way = wayOf(words, byHand)
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
  refuseResolve(words, way === 'command')
  refuseBehind(way, [...words.argumentsOf('SPEC'), ...words.argumentsOf('TUNNEL')])
}
