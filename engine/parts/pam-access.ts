// Whether pam_access(8) keeps an account out, as access.conf(5) says: the first line that matches who comes and from where. Pure.
import ipaddr from 'ipaddr.js'
import { familyOf, isNetwork } from '../../schemas/endpoint'
import type { Snapshot } from './snapshot'

/** Who comes, with a group that is called as the account is; the address is null where it is not known. */
interface Comer {
  readonly account: string
  readonly address: string | null
}

/** The line, `file:line`, that keeps the account out; null for none, and where only PAM itself can tell. */
export function findAccessBar(on: Snapshot, comer: Comer): string | null {
  const files = accessFiles(on, 'sshd', new Set())
  for (const file of files) {
    for (const [index, line] of (on.files[file]?.text.split('\n') ?? []).entries()) {
      const [, permission, users, origins] = /^\s*([+-])\s*:([^:]*):(.*)$/.exec(line) ?? []
      if (permission === undefined || users === undefined || origins === undefined) continue
      const matches = [anyOf(users, isUser(comer)), anyOf(origins, isOrigin(comer))]
      if (matches.includes(false)) continue
      if (matches.includes(null) || permission === '+') return null
      return `${file}:${index + 1}`
    }
  }
  return null
}

/** The files by which this service's account stack decides (pam.conf(5)); none where it does not ask pam_access. */
function accessFiles(on: Snapshot, service: string, seen: Set<string>): string[] {
  if (seen.has(service)) return []
  seen.add(service)
  for (const line of on.files[`/etc/pam.d/${service}`]?.text.split('\n') ?? []) {
    const words = line
      .replace(/#.*/, '')
      .replace(/\[[^\]]*\]/, 'decides')
      .trim()
      .split(/\s+/)
    const [type = '', control = '', module = '', ...options] = words
    if (type === '@include') {
      const files = accessFiles(on, control, seen)
      if (files.length > 0) return files
    }
    if (type.replace('-', '') !== 'account') continue
    if (['include', 'substack'].includes(control)) {
      const files = accessFiles(on, module, seen)
      if (files.length > 0) return files
    }
    if (!/(^|\/)pam_access\.so$/.test(module) || ['optional', 'sufficient'].includes(control)) continue
    // With another separator the lines are not what we read.
    if (options.some(option => /^(fieldsep|listsep)=/.test(option))) return []
    const own = options.find(option => option.startsWith('accessfile='))?.slice('accessfile='.length)
    if (own) return [own]
    const further = Object.keys(on.files).filter(path => /^\/etc\/security\/access\.d\/[^/]*\.conf$/.test(path))
    return ['/etc/security/access.conf', ...further.sort()]
  }
  return []
}

type Answer = boolean | null

/** A list of access.conf(5): one of its words matches, and none of those after EXCEPT. */
function anyOf(list: string, is: (word: string) => Answer): Answer {
  const [some = [], ...except] = split(list.split(/[\s,]+/).filter(Boolean))
  const found = or(some.map(is))
  if (found === false || except.length === 0) return found
  const excepted = anyOf(except.map(words => words.join(' ')).join(' EXCEPT '), is)
  return excepted === null ? null : excepted ? false : found
}

function split(words: readonly string[]): string[][] {
  const at = words.indexOf('EXCEPT')
  return at < 0 ? [[...words]] : [words.slice(0, at), ...split(words.slice(at + 1))]
}

const or = (answers: readonly Answer[]): Answer =>
  answers.includes(true) ? true : answers.includes(null) ? null : false

const isUser =
  ({ account }: Comer) =>
  (word: string): Answer => {
    if (word === 'ALL' || word === account || word === `(${account})`) return true
    // A netgroup, a user from a host, a number: that is for PAM to tell.
    return /[@+]/.test(word) || /^\(?\d/.test(word) ? null : false
  }

const isOrigin =
  ({ address }: Comer) =>
  (word: string): Answer => {
    if (word === 'ALL') return true
    if (address === null || familyOf(address) === null) return null
    if (word.endsWith('.') && /^[\d.]+$/.test(word)) return address.startsWith(word)
    // A name, a terminal, a netgroup.
    if (!isNetwork(word)) return null
    const [network = '', length] = word.split('/')
    if (familyOf(network) !== familyOf(address)) return false
    const width = length ?? (familyOf(network) === 4 ? '32' : '128')
    return ipaddr.parse(address).match(ipaddr.parseCIDR(`${network}/${width}`))
  }
