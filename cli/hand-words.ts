// Words that stand for tunnels made by hand, and what does not go with them: said before anybody is asked, for a word that is passed over in silence misleads.
import { readCommand } from '../spec/from-ssh'
import { type Words, WrongWords } from './command'

/** The one of `ways` that was given. @throws WrongWords for two */
export function wayOf<Way extends string>(words: Words, ways: readonly Way[]): Way | undefined {
  const named = ways.filter(words.has)
  if (named.length > 1) throw new WrongWords(`--${named.join(' and --')} are different tunnels; name one at a time`)
  return named[0]
}

/** What stands behind a way that names the tunnels itself: `more` has no place there. @throws WrongWords */
export function refuseBehind(way: string | undefined, more: readonly string[]): void {
  if (way === undefined || way === 'config' || more.length === 0) return
  throw new WrongWords(
    `${more.join(' ')}: --${way} stands for the tunnel; a command is one word, in quotes, and a spec goes without --${way}`,
  )
}

/** @throws WrongWords */
export function refuseResolve(words: Words, isCommand: boolean): void {
  if (!words.has('resolve')) return
  if (!isCommand) throw new WrongWords('--resolve is for a command')
  if (words.has('on')) throw new WrongWords('--resolve asks the ssh of this machine: not together with --on')
}

/** Of `adopt`. @throws WrongWords */
export function refuseUnheard(words: Words): void {
  const given = words.argumentsOf('COMMAND')
  if (words.has('take-over')) {
    const other = ['host', 'on', 'unit', 'config', 'resolve'].find(words.has)
    if (other !== undefined)
      throw new WrongWords(`--${other} is for reading what runs; --take-over goes by its spec, which names the hosts`)
    return
  }
  const way = wayOf(words, ['host', 'unit', 'config'])
  refuseResolve(words, way === undefined)
  if (way !== 'host') {
    refuseBehind(way, given)
    return
  }
  if (words.has('on')) throw new WrongWords('--on says where lines run; --host reads what runs on its own host')
  const [spec = '', ...more] = given
  const isLine = readCommand(spec).problems.every(({ code }) => code !== 'no-ssh')
  if (more.length > 0 || isLine)
    throw new WrongWords(
      `${given.join(' ')}: --host reads what runs there, and takes a spec alone; a command goes without --host`,
    )
}
