// Whether pam_access(8) keeps an account out, as access.conf(5) says: the first line that matches who comes and from where. Pure.
import ipaddr from 'ipaddr.js'
import { familyOf, isAddress, isNetwork } from '../../schemas/endpoint'
import type { Snapshot } from './snapshot'

/** Who comes, with a group that is called as the account is; the address is null where it is not known. */
interface Comer {
  readonly account: string
  readonly address: string | null
}

/** A line, `file:line`, that keeps the account out; not `sure` where only PAM itself can tell whom it is about. */
export interface AccessBar {
  readonly line: string
  readonly sure: boolean
}

/** What keeps the account out, or may; null for nothing. */
export function findAccessBar(on: Snapshot, comer: Comer): AccessBar | null {
  const { files, unread } = accessFiles(on, 'sshd', new Set())
  if (unread !== null) return { line: unread, sure: false }
  // The first line of each kind that may be about the account: which of them is the first that matches PAM alone knows.
  const doubts = new Map<string, string>()
  for (const file of files) {
    for (const [index, line] of (on.files[file]?.text.split('\n') ?? []).entries()) {
      const [, permission, users, origins] = /^\s*([+-])\s*:([^:]*):(.*)$/.exec(line) ?? []
      if (permission === undefined || users === undefined || origins === undefined) continue
      const matches = [anyOf(users, isUser(comer)), anyOf(origins, isOrigin(comer))]
      if (matches.includes(false)) continue
      const place = `${file}:${index + 1}`
      if (matches.includes(null)) {
        if (!doubts.has(permission)) doubts.set(permission, place)
        continue
      }
      const doubt = doubts.get(permission === '+' ? '-' : '+')
      if (doubt !== undefined) return { line: doubt, sure: false }
      return permission === '+' ? null : { line: place, sure: true }
    }
  }
  // Whom no line is about is let in.
  const doubt = doubts.get('-')
  return doubt === undefined ? null : { line: doubt, sure: false }
}

interface Stack {
  readonly files: readonly string[]
  /** `file:line` of what asks pam_access in a way that changes how its lines read. */
  readonly unread: string | null
}

const noStack: Stack = { files: [], unread: null }
const asks = ({ files, unread }: Stack) => files.length > 0 || unread !== null

/** The files by which this service's account stack decides (pam.conf(5)); none where it does not ask pam_access. */
function accessFiles(on: Snapshot, service: string, seen: Set<string>): Stack {
  if (seen.has(service)) return noStack
  seen.add(service)
  for (const [index, line] of (on.files[`/etc/pam.d/${service}`]?.text.split('\n') ?? []).entries()) {
    const words = line
      .replace(/#.*/, '')
      .replace(/\[[^\]]*\]/, 'decides')
      .trim()
      .split(/\s+/)
    const [type = '', control = '', module = '', ...options] = words
    if (type === '@include') {
      const stack = accessFiles(on, control, seen)
      if (asks(stack)) return stack
    }
    if (type.replace('-', '') !== 'account') continue
    if (['include', 'substack'].includes(control)) {
      const stack = accessFiles(on, module, seen)
      if (asks(stack)) return stack
    }
    if (!/(^|\/)pam_access\.so$/.test(module) || ['optional', 'sufficient'].includes(control)) continue
    // With another separator the lines are not what we read.
    if (options.some(option => /^(fieldsep|listsep)=/.test(option))) {
      return { files: [], unread: `/etc/pam.d/${service}:${index + 1}` }
    }
    const own = options.find(option => option.startsWith('accessfile='))?.slice('accessfile='.length)
    if (own) return { files: [own], unread: null }
    const further = Object.keys(on.files).filter(path => /^\/etc\/security\/access\.d\/[^/]*\.conf$/.test(path))
    return { files: ['/etc/security/access.conf', ...further.sort()], unread: null }
  }
  return noStack
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
    if (address === null || !isAddress(address)) return null
    if (word.endsWith('.') && /^[\d.]+$/.test(word)) return address.startsWith(word)
    // A name, a terminal, a netgroup.
    if (!isNetwork(word)) return null
    const [network = '', length] = word.split('/')
    if (familyOf(network) !== familyOf(address)) return false
    const width = length ?? (familyOf(network) === 4 ? '32' : '128')
    return ipaddr.parse(address).match(ipaddr.parseCIDR(`${network}/${width}`))
  }
