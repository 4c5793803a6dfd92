// Options of a line as one types them again: what is neither the forward nor the login, which commandOfHand writes. Pure.
import type { ByHand } from './by-hand'
import { quoteWord } from './shell-words'

/** What commandOfHand says in its own words. */
const saidAnyway = /^(user|port|hostname|(local|remote|dynamic)forward|proxyjump|sessiontype|gatewayports)$/

/** Of ssh's letters those that take a word (ssh(1)). */
const takesWord = /^-[BbcEeFIimS]$/

/** A word each; what may be a secret is `***` in it. Of the line alone, not of files that it reads. */
export const optionsOfHand = ({ options, jumps }: ByHand): string[] =>
  options.flatMap(({ written, keyword, value }) => {
    const isJump = keyword === 'proxycommand' && jumps.length > 0
    if (!written.startsWith('-') || keyword === '' || saidAnyway.test(keyword) || isJump) return []
    if (written.startsWith('-o ')) return [`-o ${quoteWord(`${written.slice('-o '.length)}=${value}`)}`]
    return takesWord.test(written) ? [`${written} ${quoteWord(value)}`] : [written]
  })
