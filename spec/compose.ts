// YAML text -> document, as yaml's parseDocument makes it, but of no more than a spec can be: no deeper, and with no more mistakes.
import { Composer, type CST, type Document, Lexer, Parser, type YAMLError, YAMLParseError } from 'yaml'
import { mostMistakes } from './problem'

/** Levels of nesting, where a spec has seven. What nests without end costs the library seconds and gigabytes. */
const deepest = 100

export interface Composed {
  /** Null where there were too many mistakes. */
  readonly document: Document.Parsed | null
  readonly errors: readonly YAMLError[]
  /** Where it was too deep, and nothing behind it was read; null where all of it was. */
  readonly tooDeepAt: number | null
}

export function compose(text: string): Composed {
  // findDuplicates says more of them than uniqueKeys does.
  const composer = new Composer({ prettyErrors: false, merge: true, uniqueKeys: false, logLevel: 'error' })
  stopAtTooMany(composer)
  let tooDeepAt: number | null = null
  const tokens = tokensOf(text, offset => {
    tooDeepAt = offset
  })
  const [document, second] = composer.compose(tokens, true, text.length)
  if (!document) throw new Error('the library has made no document')
  const more = second ? [new YAMLParseError([second.range[0], second.range[1]], 'MULTIPLE_DOCS', '')] : []
  const errors = [...document.errors, ...more, ...document.warnings].filter(
    ({ message }) => message !== tooMany.message,
  )
  return { document: errors.length > mostMistakes ? null : (document as Document.Parsed), errors, tooDeepAt }
}

const tooMany = new Error('too many mistakes')

/** One text in quotes may hold a hundred thousand, and the library has no limit (2.9.1). It makes a mistake of the node of what is thrown. */
function stopAtTooMany(composer: Composer): void {
  const onError = Reflect.get(composer, 'onError') as (...what: unknown[]) => void
  let count = 0
  Reflect.set(composer, 'onError', (...what: unknown[]) => {
    onError(...what)
    if (++count === mostMistakes + 1) throw tooMany
  })
}

function* tokensOf(text: string, stopAt: (offset: number) => void): Generator<CST.Token> {
  const parser = new Parser()
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme)
    // What it is in the midst of, from the document down.
    if (parser.stack.length > deepest) {
      stopAt(parser.offset)
      break
    }
  }
  yield* parser.end()
}
