// What somebody has made by hand, from wherever the command line says: a line, ssh_config, a unit or script.
import { readFileSync } from 'node:fs'
import { plain } from '../schemas/plain'
import { formatProblems, type Problem, sayUnreadable } from '../spec'
import { type ByHand, type ReadAll, readCommand, readEffective, readHosts, readStartLines } from '../spec/from-ssh'
import { type Option, type Words, WrongWords } from './command'
import { effectiveOf, includeFiles, readFiles, underHome } from './here'

export const handOptions = {
  config: {
    usage: '--config FILE',
    says: 'Host blocks of an ssh_config that forward something; those that are named, or all',
    takesValue: true,
  },
  unit: {
    usage: '--unit FILE',
    says: 'a systemd unit, crontab, rc.local or script: each line of it that runs ssh or autossh',
    takesValue: true,
  },
  resolve: {
    usage: '--resolve',
    says: 'ask ssh -G what your own ssh_config adds to a command: address, user, port, jumps, keys',
  },
} as const satisfies Readonly<Record<string, Option>>

export interface FoundByHand {
  readonly found: readonly ByHand[]
  readonly problems: readonly Problem[]
  /** All problems with their lines; empty for none. */
  readonly text: string
}

/** `lines` are the words that stand for a command, or hosts of --config. @throws WrongWords */
export function readHand(words: Words, lines: readonly string[]): FoundByHand {
  const [config, unit] = [words.valueOf('config'), words.valueOf('unit')]
  if (words.has('resolve') && (config ?? unit) !== undefined) throw new WrongWords('--resolve is for a command')
  if (config !== undefined) return fromFile(config, source => readHosts(source, lines, includeFiles))
  if (unit !== undefined)
    return fromFile(unit, source => readStartLines(source, words.has('on') ? undefined : readFiles))
  const [line, ...more] = lines
  if (line === undefined) throw new WrongWords("say which: a command in quotes, as 'ssh -N -L 8080:far:80 user@middle'")
  if (more.length > 0) throw new WrongWords('one command, in quotes')
  return readLine(words, line)
}

/** @throws WrongWords */
export function readLine(words: Words, line: string): FoundByHand {
  if (words.has('resolve') && words.has('on'))
    throw new WrongWords('--resolve asks the ssh of this machine: not together with --on')
  const { found, problems, shown } = readCommand(line)
  if (!found) return { found: [], problems, text: formatProblems(problems, shown) }
  return { found: [words.has('resolve') ? resolve(found) : found], problems: [], text: '' }
}

function fromFile(path: string, read: (source: { name: string; text: string }) => ReadAll): FoundByHand {
  const { found, problems, shown } = read({ name: path, text: readNamed(path) })
  // What could not be read of a unit with several lines must not hide the rest.
  return { found, problems, text: problems.length > 0 ? plain(formatProblems(problems, shown)) : '' }
}

function readNamed(path: string): string {
  try {
    return readFileSync(underHome(path), 'utf8')
  } catch (why) {
    throw new WrongWords(sayUnreadable(path, why))
  }
}

/** The line, with what ssh itself would add to it from this machine's configuration. */
function resolve(hand: ByHand): ByHand {
  const { written, user, port } = hand.destination
  const text = effectiveOf([...(user ? ['-l', user] : []), ...(port ? ['-p', String(port)] : []), '--', written])
  if (text === null) throw new WrongWords(`ssh -G ${written} says nothing: is there an ssh on this machine?`)
  const { found } = readEffective(text, written)
  if (!found) return hand
  const jumps = hand.jumps.length > 0 ? hand.jumps : found.jumps
  const keepAlive = {
    interval: hand.keepAlive.interval ?? (found.keepAlive.interval || null),
    countMax: hand.keepAlive.countMax ?? found.keepAlive.countMax,
  }
  return {
    ...hand,
    destination: { ...found.destination, written },
    jumps,
    keepAlive,
    forwards: [...hand.forwards, ...found.forwards],
    identityFiles: [...hand.identityFiles, ...found.identityFiles],
    options: [...hand.options, ...found.options.filter(({ kind }) => kind === 'taken')],
  }
}
