// Tunnels that people have made by hand, read from what they typed: a command line, ssh_config, a unit, a crontab or script. Pure.
import type { Problem } from '../problem'
import { type ByHand, interpret, type Read } from './by-hand'
import type { Besides } from './environment-file'
import { meaningOf } from './meanings'
import { hidden, secretsIn, without } from './secrets'
import { quoteWord, readWords } from './shell-words'
import { problemAt, type Source } from './source'
import { readArgv } from './ssh-argv'
import {
  type Config,
  firstOfEach,
  forwardingHosts,
  type Including,
  namesHost,
  readConfig,
  settingsFor,
} from './ssh-config'
import { findStartLines, noLine } from './start-lines'

export { type ByHand, commandOfHand, type Told } from './by-hand'
export type { Known } from './draft-hosts'
export type { Besides } from './environment-file'
export { flagOfForward, type HandForward, type Listen, writeForward } from './forward-spec'
export { type Login, readLogin, writeLogin } from './login'
export { type Adopting, asTunnel, listenOf } from './make-tunnel'
export type { Source } from './source'
export { type Config, forwardingHosts, hostNames, type Including, readConfig } from './ssh-config'
export { type Adopted, type Draft, draftSpec, type NotAdopted } from './to-spec'
export { findMisplaced, type Here, type Misplaced } from './where'

export interface ReadOne extends Read, Pick<ReadAll, 'shown'> {}

export interface ReadAll {
  readonly found: readonly ByHand[]
  readonly problems: readonly Problem[]
  /** The text in which problems show their places: with stars for what may be a secret. */
  readonly shown: string
}

/** `ssh -N ...` or `autossh ...`, as typed. With a `config`, its lines for the destination hold too. */
export function readCommand(text: string, name = 'the command', config: Config | null = null): ReadOne {
  const source = { name, text }
  const { commands, problems } = readWords(source, { start: 0, end: text.length })
  const shown = without(source, secretsIn(commands))
  const argv = commands.map(readArgv).find(one => one !== null)
  if (!argv) {
    const start = text.length - text.trimStart().length
    const hint = 'a line such as: ssh -N -L 8080:far:80 user@middle'
    const place = { source, start, end: start + (/^\S+/.exec(text.trim())?.[0].length ?? 1) }
    const none = problemAt(place, { code: 'no-ssh', message: 'this runs neither ssh nor autossh', hint })
    return { found: null, problems: problems.length > 0 ? problems : [none], shown }
  }
  const more = config && argv.destination ? settingsFor(config, argv.destination.host) : []
  const read = interpret(argv, more)
  const all = [...problems, ...notAbout(problems, read.problems)]
  return { found: all.length > 0 ? null : read.found, problems: all, shown }
}

/** A process's words as others may read them. */
export function writeProcess(argv: readonly string[]): string {
  const source = { name: '', text: argv.map(quoteWord).join(' ') }
  const { commands } = readWords(source, { start: 0, end: source.text.length })
  return without(source, secretsIn(commands), hidden)
}

/** What is wrong with a word that could not be read follows from that. */
const notAbout = (before: readonly Problem[], problems: readonly Problem[]) =>
  problems.filter(one => !before.some(other => overlap(other, one)))

const overlap = (a: Problem, b: Problem) =>
  a.line === b.line && a.column < b.column + b.length && b.column < a.column + a.length

/** What a process was started with, as /proc/PID/cmdline tells. */
export function readProcess(argv: readonly string[], name = 'the process'): ReadOne {
  return readCommand(argv.map(quoteWord).join(' '), name)
}

/** A systemd unit, a crontab, rc.local or a script: each line of it that runs ssh. `files` reads a unit's EnvironmentFile; without it none is read. */
export function readStartLines(source: Source, files?: Besides): ReadAll {
  const { lines, problems, secrets } = findStartLines(source, files)
  const argvs = lines.flatMap(({ words, runBy, isWhole, beside }) => {
    const argv = readArgv(words)
    if (!argv) return []
    const about = argv.program === 'autossh' ? beside : beside.filter(({ kind }) => kind === 'beside')
    return [{ argv: { ...argv, around: [...about, ...argv.around] }, runBy, isWhole }]
  })
  const shown = without(source, secrets)
  const read = argvs.map(({ argv, runBy, isWhole }) => {
    const { found, problems } = interpret(argv, [], runBy)
    return { found: isWhole ? found : null, problems }
  })
  const all = [
    ...problems,
    ...notAbout(
      problems,
      read.flatMap(one => one.problems),
    ),
  ]
  if (argvs.length === 0 && all.length === 0) return { found: [], problems: [noLine(source)], shown }
  return { found: read.flatMap(({ found }) => found ?? []), problems: all, shown }
}

/** The hosts of an ssh_config, or all that forward something. */
export function readHosts(source: Source, hosts: readonly string[], include?: Including): ReadAll {
  const config = readConfig(source, include)
  const names = hosts.length > 0 ? hosts : forwardingHosts(config)
  const place = { source, start: 0, end: 1 }
  if (names.length === 0) {
    const message = `no Host of ${source.name} forwards anything`
    const hint = 'LocalForward, RemoteForward or DynamicForward'
    return {
      found: [],
      problems: [...config.problems, problemAt(place, { code: 'no-forward', message, hint })],
      shown: source.text,
    }
  }
  const read = names.map(name => {
    if (!namesHost(config, name)) {
      const message = `${source.name} has no Host ${name}`
      return { found: null, problems: [problemAt(place, { code: 'no-host', message })] }
    }
    return ofSettings(source, name, config)
  })
  return {
    found: read.flatMap(({ found }) => found ?? []),
    problems: [...config.problems, ...read.flatMap(({ problems }) => problems)],
    shown: source.text,
  }
}

/** What `ssh -G HOST` prints: all keywords with their defaults, of which those count that make the tunnel, or give the server rights. */
export function readEffective(text: string, host: string): Read {
  const config = readConfig({ name: `ssh -G ${host}`, text })
  const counts = ({ keyword, value }: Config['lines'][number]) =>
    !isDefaultKey(keyword, value) &&
    (meaningOf(keyword, value).kind === 'kept' ||
      (/^forward(agent|x11|x11trusted)$/.test(keyword) && !/^no$/i.test(value)))
  return ofSettings({ name: `ssh -G ${host}`, text }, host, { ...config, lines: config.lines.filter(counts) })
}

/** ssh prints the names that it would try. */
const isDefaultKey = (keyword: string, value: string) => keyword === 'identityfile' && /^~\/\.ssh\/id_\w+$/.test(value)

function ofSettings(source: Source, host: string, config: Config): Read {
  const settings = settingsFor(config, host)
  const block = config.lines.find(({ keyword, value }) => keyword === 'host' && value.split(/\s+/).includes(host))
  const place = block?.place ?? { source, start: 0, end: 1 }
  const destination = { host, user: null, port: null, place }
  const argv = {
    program: 'ssh',
    place,
    runBy: null,
    settings: [],
    destination,
    command: [],
    around: [],
    problems: [],
  } as const
  return interpret(argv, firstOfEach(settings))
}

export { optionsOfHand } from './own-options'
