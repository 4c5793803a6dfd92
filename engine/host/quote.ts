// Makes the one command line that a login shell gets, whatever shell that is, and the program that goes by stdin.
//
// The command line is short and always the same: sudo writes it to its log, and whoever lists processes sees it. It takes the program
// from the front of stdin; the program's own stdin is what comes after.
//
// sshd hands a command to the user's login shell as `SHELL -c COMMAND`, and that may be bash, dash, zsh, fish or csh.
// Single quotes mean nearly the same in all of them. The exceptions: csh ends a quoted word at a newline and expands
// `!` in it; fish reads \\ and \' in it as escapes. So it has none of these in it.
import { Fault } from '../fault'
import { scripts } from '../remote/texts'

export interface Script {
  readonly name: string
  readonly text: string
}

interface Call {
  /** For the login shell. */
  readonly command: string
  /** What stdin begins with. */
  readonly program: string
}

/**
 * Printed on stdout and stderr just before the program starts, as a line of its own: what stands before it comes from
 * the login shell's start-up files or from sudo, and without it the program has not run.
 */
export const startMark = 'ssh-tunnels-starts-here'

/** A line that a program prints on stderr when its time is over (remote/limit.sh). */
export const lateMark = 'ssh-tunnels-out-of-time'

/** What sudo asks with, on its standard error, when it wants a password. */
export const passwordMark = 'ssh-tunnels-asks-for-the-password:'

// dd alone reads a number of bytes and no more, in GNU's form and in busybox's. What has not come from its beginning is no program,
// and what has not come to its end does not parse, for its braces do not meet.
const takeProgram = (bytes: number) =>
  [
    `echo ${startMark}; echo ${startMark} >&2`,
    `t=$(dd bs=${bytes} count=1 iflag=fullblock 2>/dev/null)`,
    'case $t in "{ :;"*"}") eval "$t" ;; *) echo "the program has not arrived" >&2; exit 65 ;; esac',
  ].join('; ')

/** A word for a POSIX sh. */
const quoteWord = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`

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
 * Runs TEXT as `sh -c TEXT NAME ARGS...` would, for at most `limit` seconds, as root if `become` is given; `asks`: it may ask for
 * a password. Throws the fault `nul-in-argument` before anything is run.
 */
export function makeCall(
  host: string,
  script: Script,
  args: readonly string[],
  limit: number,
  become?: 'sudo' | 'doas',
  asks = false,
  asUser = false,
): Call {
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
  const program = [
    '{ :;',
    `set -- ${args.map(quoteWord).join(' ')}`,
    `limit=${limit}`,
    ...(asUser ? ['as_user=yes'] : []),
    scripts.limit.text,
    script.text,
    '}',
  ].join('\n')
  const words = ['sh', '-c', quoteWord(takeProgram(Buffer.byteLength(program))), script.name]
  // -S: the password comes by standard input, when it is asked for.
  const how = asks ? ['-S', '-p', passwordMark] : ['-n']
  return { command: [...(become ? [become, ...how] : []), ...words].join(' '), program }
}
