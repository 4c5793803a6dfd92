// Makes the one command line that a login shell gets, whatever shell that is.
//
// sshd hands a command to the user's login shell as `SHELL -c COMMAND`, and that may be bash, dash, zsh, fish or csh.
// Single quotes mean nearly the same in all of them. The exceptions: csh ends a quoted word at a newline and expands
// `!` in it; fish reads \\ and \' in it as escapes; csh and fish read bytes above 127 in their own locale. So these
// characters travel as \0ooo, which printf's %b in any POSIX sh turns back into bytes.
import { Fault } from '../fault'

export interface Script {
  readonly name: string
  readonly text: string
}

/** Linux's MAX_ARG_STRLEN (execve(2)): the longest single argument, with its NUL. The whole command is one for the login shell. */
export const longestCommand = 128 * 1024 - 1

/**
 * Printed on stdout and stderr just before the program starts, as a line of its own: what stands before it comes from
 * the login shell's start-up files or from sudo, and without it the program has not run.
 */
export const startMark = 'ssh-tunnels-starts-here'

// Gets TEXT NAME ARGS..., all encoded, and runs `sh -c TEXT NAME ARGS...`. The dot keeps trailing newlines through $( ).
// `for` has its list before the first shift.
const decode = [
  `echo ${startMark}; echo ${startMark} >&2`,
  't=$(printf %b. "$1"); shift',
  'for a do shift; a=$(printf %b. "$a"); set -- "$@" "${a%.}"; done',
  'exec sh -c "${t%.}" "$@"',
].join('; ')

/** A single-quoted word. What is in it is either encoded or free of newlines, quotes, backslashes and `!`. */
function quoteWord(word: string): string {
  return `'${word}'`
}

/** The bytes of a value as printable characters that mean nothing to any shell inside single quotes; `printf %b` undoes it. */
export function encode(value: string): string {
  let encoded = ''
  for (const byte of Buffer.from(value, 'utf8')) {
    const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x21 && byte !== 0x27 && byte !== 0x5c
    if (plain) encoded += String.fromCharCode(byte)
    else encoded += byte === 0x0a ? '\\n' : `\\0${byte.toString(8).padStart(3, '0')}`
  }
  return encoded
}

/**
 * The command line that runs `sh -c TEXT NAME ARGS...`, as root if `become` is given. Throws the fault
 * `command-too-long` or `nul-in-argument` before anything is run.
 */
export function makeCommand(host: string, script: Script, args: readonly string[], become?: 'sudo' | 'doas'): string {
  const at = [script.text, ...args].findIndex(value => value.includes('\0'))
  if (at >= 0) {
    throw new Fault({
      code: 'nul-in-argument',
      host,
      script: script.name,
      what: `cannot run ${script.name} on ${host}: ${at === 0 ? 'its text' : `argument ${at}`} has a NUL character`,
      cure: 'give such content as stdin',
    })
  }
  const words = [decode, 'sh', ...[script.text, script.name, ...args].map(encode)].map(quoteWord)
  const command = `${become ? `${become} -n ` : ''}sh -c ${words.join(' ')}`
  if (command.length > longestCommand) {
    throw new Fault({
      code: 'command-too-long',
      host,
      script: script.name,
      what: `cannot run ${script.name} on ${host}: its text and arguments make a command of ${command.length} bytes`,
      happened: `Linux takes at most ${longestCommand} bytes in one argument`,
      cure: 'give large content as stdin',
    })
  }
  return command
}
