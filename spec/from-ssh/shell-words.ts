// A line for the shell, as the words that a program gets, each with its place (sh(1)). Nothing is expanded but what is known.
import type { Problem } from '../problem'
import { type Place, problemAt, type Source } from './source'

export interface Word {
  readonly text: string
  readonly place: Place
}

export interface Words {
  /** The commands of the line: what stands between ;, &&, ||, |, & and line ends. */
  readonly commands: readonly (readonly Word[])[]
  readonly problems: readonly Problem[]
}

export interface Reading {
  readonly start: number
  readonly end: number
  /** What variables stand for, where that is known. */
  readonly variables?: Readonly<Record<string, string>>
}

const operators = /^(\|\||&&|;|\||&|\n|\(|\))/
const redirection = /^(\d*|&)(>>|>\||>&|<&|<|>)(&?\d+-?)?/
const variable = /^\$(?:\{(\w+)\}|(\w+)|\(|\{)/

export function readWords(source: Source, reading: Reading): Words {
  const { start, end, variables = {} } = reading
  const text = source.text.slice(0, end)
  const problems: Problem[] = []
  const commands: Word[][] = [[]]
  let [at, from, word] = [start, start, null as string | null]
  let isTarget = false

  const add = (more: string) => {
    if (word === null) from = at
    word = (word ?? '') + more
  }
  const close = () => {
    if (word !== null && !isTarget) commands.at(-1)?.push({ text: word, place: { source, start: from, end: at } })
    if (word !== null) isTarget = false
    word = null
  }
  const expand = () => {
    const [all, braced, bare] = variable.exec(text.slice(at)) ?? []
    const name = braced ?? bare
    if (all === undefined) {
      add('$')
      at++
      return
    }
    if (name !== undefined && Object.hasOwn(variables, name)) add(variables[name] ?? '')
    else {
      const shown = name === undefined ? `${all}...` : all
      const hint = 'write what it stands for'
      const message = `what ${shown} stands for does not stand in the line`
      problems.push(problemAt({ source, start: at, end: at + all.length }, { code: 'variable', message, hint }))
      add(all)
    }
    at += all.length
  }
  const quoted = (quote: string) => {
    const opened = at
    add('')
    at++
    while (at < text.length && text[at] !== quote) {
      if (text[at] === '\\' && quote === '"' && /["\\$`\n]/.test(text[at + 1] ?? '')) {
        add(text[at + 1] === '\n' ? '' : (text[at + 1] ?? ''))
        at += 2
      } else if (text[at] === '$' && quote === '"') expand()
      else add(text[at++] ?? '')
    }
    if (at >= text.length) {
      const message = `the quote ${quote} is not closed`
      problems.push(problemAt({ source, start: opened, end: opened + 1 }, { code: 'open-quote', message }))
    }
    at = Math.min(text.length, at + 1)
  }

  while (at < text.length) {
    const rest = text.slice(at, at + 12)
    const one = text[at] ?? ''
    const operator = operators.exec(rest)?.[0]
    const redirect = word === null || one === '>' || one === '<' ? redirection.exec(rest) : null
    const continued = /^\\\r?\n/.exec(rest)?.[0]
    if (continued) at += continued.length
    else if (redirect) {
      close()
      isTarget = redirect[3] === undefined
      at += redirect[0].length
    } else if (operator) {
      close()
      isTarget = false
      if (commands.at(-1)?.length) commands.push([])
      at += operator.length
    } else if (/\s/.test(one)) {
      close()
      at++
    } else if (one === '#' && word === null) {
      const stop = text.indexOf('\n', at)
      at = stop < 0 ? text.length : stop
    } else if (one === "'" || one === '"') quoted(one)
    else if (one === '\\') {
      add(text[at + 1] ?? '')
      at += 2
    } else if (one === '$' || one === '`') {
      if (one === '$') expand()
      else {
        const message = 'what this command prints does not stand in the line'
        problems.push(
          problemAt({ source, start: at, end: at + 1 }, { code: 'variable', message, hint: 'write it out' }),
        )
        add(one)
        at++
      }
    } else {
      add(one)
      at++
    }
  }
  at = Math.min(at, text.length)
  close()
  return { commands: commands.filter(({ length }) => length > 0), problems }
}

/** A word as the shell takes it again. */
export const quoteWord = (text: string): string =>
  /^[\w./@:+,%=*[\]-]+$/.test(text) && !/[*[\]]/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
