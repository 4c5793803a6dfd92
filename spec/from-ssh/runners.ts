// Words that run what follows them, as sudo, nohup and flock: which of their words are their own, and as whom they run it.
import type { Word } from './shell-words'

export interface Run {
  /** Which word is ssh or autossh; -1 for none. */
  readonly at: number
  /** As whom, where one of them says so; null otherwise. */
  readonly runBy: string | null
}

interface Runner {
  /** Letters of options that take a value. */
  readonly values?: string
  /** How many words of its own stand before what it runs. */
  readonly takes?: number
  /** Runs it as root, unless -u says otherwise. */
  readonly changesUser?: true
}

const runners: Readonly<Record<string, Runner>> = {
  sudo: { values: 'ughpCrtTRD', changesUser: true },
  doas: { values: 'uC', changesUser: true },
  runuser: { values: 'ugGsw', changesUser: true },
  ...{ nohup: {}, setsid: {}, command: {}, exec: { values: 'a' }, env: { values: 'uSC' } },
  ...{ nice: { values: 'n' }, ionice: { values: 'cnp' }, chrt: { values: 'TPD', takes: 1 } },
  ...{ time: { values: 'fo' }, timeout: { values: 'ks', takes: 1 }, stdbuf: { values: 'ioe' } },
  ...{ flock: { values: 'wE', takes: 1 }, sshpass: { values: 'fdpP' }, 'systemd-run': { values: 'upPE' } },
}

/** What the shell itself takes before a command. */
export const grammar: readonly string[] = ['if', 'then', 'else', 'elif', 'do', 'while', 'until', '!', '{']

export const programOf = (text: string): string => text.slice(text.lastIndexOf('/') + 1)

export function findProgram(words: readonly Word[]): Run {
  let runBy: string | null = null
  for (let at = 0; at < words.length; at++) {
    const text = words[at]?.text ?? ''
    const name = programOf(text)
    if (name === 'ssh' || name === 'autossh') return { at, runBy }
    // A variable before the command.
    if (grammar.includes(text) || /^\w+=/.test(text)) continue
    const runner = Object.hasOwn(runners, name) ? runners[name] : undefined
    if (!runner) break
    const { end, user } = readOptions(words, at + 1, runner)
    if (runner.changesUser) runBy = user ?? 'root'
    at = end - 1 + (runner.takes ?? 0)
  }
  return { at: -1, runBy: null }
}

/** As getopt(3) does: `-nu bob`, `-ubob`, `--user=bob`, `--user bob`. */
function readOptions(words: readonly Word[], start: number, { values = '' }: Runner) {
  let user: string | null = null
  let at = start
  for (; /^-./.test(words[at]?.text ?? ''); at++) {
    const text = words[at]?.text ?? ''
    if (text === '--') return { end: at + 1, user }
    const long = /^--(\w[\w-]*)(?:=(.*))?$/s.exec(text)
    if (long) {
      if (long[1] === 'user') user = long[2] ?? words[++at]?.text ?? null
      continue
    }
    const letter = [...text].findIndex((one, index) => index > 0 && values.includes(one))
    if (letter < 0) continue
    const value = text.slice(letter + 1) || words[++at]?.text || null
    if (text[letter] === 'u') user = value
  }
  return { end: at, user }
}

/** `su - bob -c '...'`, and what else hands a line to a shell of somebody's: as whom it runs that line. */
export function userOfShell(words: readonly Word[], at: number): string | null {
  const name = programOf(words[at]?.text ?? '')
  const before = words.slice(0, at)
  const outer = findProgram([...before, { text: 'ssh', place: (words[at] as Word).place }]).runBy
  if (name !== 'su' && name !== 'runuser') return outer
  const end = words.findIndex(({ text }, index) => index > at && /^-\w*c$/.test(text))
  // Its one word without a hyphen, before the command or behind it.
  const own = words.filter(({ text }, index) => index > at && index !== end + 1 && !text.startsWith('-'))
  const shell = words.findIndex(({ text }, index) => index > at && /^(-s|--shell)$/.test(text))
  return own.find(word => shell < 0 || word !== words[shell + 1])?.text ?? 'root'
}
