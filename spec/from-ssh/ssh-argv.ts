// A command's words -> its settings, as ssh's and autossh's own loops over their arguments find them (ssh.c, autossh.c).
import type { Problem } from '../problem'
import { type Login, readLogin } from './login'
import { findProgram, grammar, programOf } from './runners'
import { errands, type Setting, switchOf, valuedOf } from './setting'
import type { Word } from './shell-words'
import { type Place, problemAt, within } from './source'

export interface Argv {
  readonly program: 'ssh' | 'autossh'
  /** Of the program's own word. */
  readonly place: Place
  /** As whom, where sudo or the like stands before it. */
  readonly runBy: string | null
  readonly settings: readonly Setting[]
  readonly destination: (Login & { readonly place: Place }) | null
  /** What is run there; empty for nothing. */
  readonly command: readonly Word[]
  /** Options of autossh, variables before the command, and who runs it: what is neither ssh's. */
  readonly around: readonly Around[]
  readonly problems: readonly Problem[]
}

export interface Around {
  readonly written: string
  readonly value: string
  readonly place: Place
  /** autossh: an option or a variable of its own. before: a word that runs the command. beside: a file of variables that was not read. unread: nobody knows. */
  readonly kind: 'autossh' | 'before' | 'beside' | 'unread'
}

/** The first command that runs ssh or autossh; null where none does. */
export function readArgv(words: readonly Word[]): Argv | null {
  const { at, runBy } = findProgram(words)
  const program = words[at]
  if (at < 0 || !program) return null
  const name = programOf(program.text) === 'autossh' ? 'autossh' : 'ssh'
  const before = words.slice(0, at).filter(({ text }) => !grammar.includes(text))
  const password = before.findIndex(({ text }) => programOf(text) === 'sshpass')
  const around = before.map((word, index) => describeBefore(word, password >= 0 && index > password))
  return { program: name, place: program.place, runBy, ...readOptions(words.slice(at + 1), name, around) }
}

/** What it is given may be a password, and is not repeated: of a variable and a long option the name, behind sshpass nothing. */
function describeBefore({ text, place }: Word, isBehindPassword: boolean): Around {
  if (isBehindPassword) return { written: '***', value: '', place, kind: 'before' }
  const [, name = '', value = ''] = /^(\w+)=(.*)$/s.exec(text) ?? []
  if (name.startsWith('AUTOSSH_')) return { written: name, value, place, kind: 'autossh' }
  if (name !== '') return { written: name, value: '', place, kind: 'unread' }
  return { written: programOf(text.replace(/=.*/s, '')), value: '', place, kind: 'before' }
}

function readOptions(words: readonly Word[], program: Argv['program'], before: readonly Around[]) {
  const settings: Setting[] = []
  const around = [...before]
  const problems: Problem[] = []
  let destination: Argv['destination'] = null
  let isOpen = true
  let at = 0
  for (; at < words.length; at++) {
    const word = words[at] as Word
    const { text, place } = word
    if (isOpen && text === '--') {
      isOpen = false
      continue
    }
    if (!isOpen || !/^-./.test(text)) {
      if (destination) break
      const login = readLogin(text)
      if (!login) {
        const hint = '[USER@]HOST or ssh://[USER@]HOST[:PORT]'
        problems.push(problemAt(place, { code: 'bad-destination', message: `${text} is no destination`, hint }))
      }
      destination = { ...(login ?? { host: text, user: null, port: null }), place }
      // ssh goes on reading options behind its destination, once.
      isOpen = true
      continue
    }
    at = readCluster(at)
  }
  return { settings, destination, command: words.slice(at), around, problems }

  /** `-fNL 8080:far:80`: each letter, until one takes the rest or the next word. */
  function readCluster(start: number): number {
    const { text, place } = words[start] as Word
    for (let letter = 1; letter < text.length; letter++) {
      const one = text[letter] ?? ''
      const own = within(place, text, letter, 1)
      if (program === 'autossh' && (one === 'f' || one === 'V')) {
        around.push({ written: `-${one}`, value: '', place: own, kind: 'autossh' })
        continue
      }
      const keyword = program === 'autossh' && one === 'M' ? '-monitor' : valuedOf(one)
      if (keyword === undefined) {
        readSwitch(one, own)
        if (one === 'O' || one === 'Q') return start + (letter + 1 < text.length ? 0 : 1)
        continue
      }
      const rest = text.slice(letter + 1)
      const next = words[start + 1]
      if (rest === '' && !next) {
        problems.push(problemAt(own, { code: 'no-value', message: `-${one} has no value behind it` }))
        return start
      }
      const value = rest === '' ? (next?.text ?? '') : rest
      const where = rest === '' ? (next?.place ?? place) : within(place, text, letter + 1, rest.length)
      if (keyword === '-monitor') around.push({ written: '-M', value, place: where, kind: 'autossh' })
      else readValue(one, keyword, value, where)
      return rest === '' ? start + 1 : start
    }
    return start
  }

  function readSwitch(one: string, place: Place): void {
    const known = switchOf(one)
    const errand = Object.hasOwn(errands, one) ? errands[one] : undefined
    if (known) settings.push({ keyword: known[0], value: known[1], written: `-${one}`, place })
    else if (errand) {
      const message = `with -${one} ssh ${errand}, and makes no tunnel`
      problems.push(problemAt(place, { code: 'no-tunnel', message }))
    } else around.push({ written: `-${one}`, value: '', place, kind: 'unread' })
  }

  function readValue(one: string, keyword: string, value: string, place: Place): void {
    if (keyword !== '-option') {
      settings.push({ keyword, value, written: `-${one}`, place })
      return
    }
    const [all, name = '', between = '', given = ''] = /^\s*([A-Za-z0-9]+)(\s*=\s*|\s+)(.*?)\s*$/s.exec(value) ?? []
    if (all === undefined || given === '') {
      const hint = '-o Keyword=value, as a line of ssh_config(5)'
      problems.push(problemAt(place, { code: 'bad-option', message: `-o ${value} gives no value`, hint }))
      return
    }
    const where = within(place, value, value.indexOf(name) + name.length + between.length, given.length)
    settings.push({ keyword: name.toLowerCase(), value: unquote(given), written: `-o ${name}`, place: where })
  }
}

const unquote = (text: string) => /^"([^"]*)"$/.exec(text)?.[1] ?? text
