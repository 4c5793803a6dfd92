// Reading sshd's configuration files (sshd_config(5)): which line sets what, and whether a drop-in of ours is read at all. Pure.
import type { Snapshot } from './snapshot'

const main = '/etc/ssh/sshd_config'

/**
 * Where a foreign line sets the same keyword to the value that won, as `file:line`; null when none is found.
 * A reading aid for messages: sshd itself does not say which line won.
 */
export function findWinner(on: Snapshot, setting: string, value: string, ourDropIn?: string): string | null {
  const want = words(`${setting} ${value}`)
  return findLine(on, line => words(line) === want, ourDropIn)
}

/** The first line of others that sets a keyword at all, as `file:line`; null for none. */
export const findSetting = (on: Snapshot, setting: string): string | null =>
  findLine(on, line => words(line).split(' ')[0] === setting.toLowerCase())

function findLine(on: Snapshot, isIt: (line: string) => boolean, ourDropIn?: string): string | null {
  const files = Object.keys(on.files).filter(path => path.startsWith(main) && path !== ourDropIn && !isATunnels(path))
  // sshd_config.d/ is included at the top on Debian and Ubuntu, so its files come first; they are read by name.
  for (const path of files.sort((a, b) => b.split('/').length - a.split('/').length || (a < b ? -1 : 1))) {
    const at = linesOf(on, path).findIndex(isIt)
    if (at >= 0) return `${path}:${at + 1}`
  }
  return null
}

/** Without comments. */
const linesOf = (on: Snapshot, path: string): string[] =>
  (on.files[path]?.text.split('\n') ?? []).map(line => line.replace(/(^|\s)#.*/, ''))

/** A tunnel's drop-in is a Match block for its own account: it never wins over others. */
const isATunnels = (path: string) => path.startsWith('/etc/ssh/sshd_config.d/10-ssh-tunnels-')

/** A line of sshd_config(5) in one spelling: `Keyword=value`, quotes, tabs and a list divided by commas are all the same. */
const words = (line: string) =>
  line
    .toLowerCase()
    .replace(/["']/g, '')
    .split(/[\s=,]+/)
    .filter(Boolean)
    .join(' ')

/** Why sshd does not read this drop-in, or not for everybody: the Include that passes it by, or stands inside a Match block. Null when it does. */
export function whyUnread(on: Snapshot, dropIn: string): string | null {
  let block: string | null = null
  const others: string[] = []
  for (const [index, line] of linesOf(on, main).entries()) {
    const [keyword, ...rest] = argumentsOf(line)
    const place = `${main}:${index + 1}`
    if (keyword?.toLowerCase() === 'match') {
      block = rest.join(' ').toLowerCase() === 'all' ? null : `the block of ${place} (Match ${rest.join(' ')})`
    }
    if (keyword?.toLowerCase() !== 'include') continue
    if (rest.some(pattern => globOf(pattern).test(dropIn))) {
      return block && `the Include of ${place} belongs to ${block}`
    }
    others.push(`Include ${rest.join(' ')} (${place})`)
  }
  return others.length > 0 ? `it reads only ${others.join(', ')}` : `${main} has no Include`
}

/** Keyword and arguments: divided by spaces, the keyword also by `=`; quotes hold together. */
const argumentsOf = (line: string): string[] =>
  (
    line
      .trim()
      .replace(/^([^\s="]+)\s*=/, '$1 ')
      .match(/"[^"]*"|[^\s"]+/g) ?? []
  ).map(word => word.replace(/"/g, ''))

/** glob(7), relative to /etc/ssh. */
function globOf(pattern: string): RegExp {
  const path = pattern.startsWith('/') ? pattern : `/etc/ssh/${pattern}`
  const expression = path
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replace(/\*/g, '[^/]*')
    .replace(/\?/g, '[^/]')
    .replace(/\[!/g, '[^')
  try {
    return new RegExp(`^${expression}$`)
  } catch {
    return /^$/ // not a pattern
  }
}
