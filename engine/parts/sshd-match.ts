// Whether a Match line of sshd's is about a tunnel's connection (sshd_config(5), PATTERNS in ssh_config(5)). Pure.
import ipaddr from 'ipaddr.js'
import { canonical, familyOf, isAddress, isNetwork } from '../../schemas/endpoint'

/** Who comes, from where and to where; null is what is not known. The account's group is called as it is. */
export interface Coming {
  readonly account: string
  readonly address: string | null
  readonly server: { readonly address: string; readonly port: number } | null
}

/** null: only sshd itself can tell. */
type Answer = boolean | null

/** Whether all these criteria hold, given as pairs or as `Keyword=value`. */
export function isAbout(criteria: readonly string[], coming: Coming): Answer {
  const words = criteria.flatMap(word => (/^[A-Za-z]+=/.test(word) ? word.split(/=(.*)/s).slice(0, 2) : [word]))
  const answers: Answer[] = []
  for (let at = 0; at < words.length; at += 2) {
    const keyword = words[at]?.toLowerCase() ?? ''
    // `all` stands alone.
    if (keyword === 'all') return words.length === 1 ? true : null
    answers.push(judge[keyword]?.(words[at + 1] ?? '', coming) ?? null)
  }
  return answers.includes(false) ? false : answers.includes(null) ? null : true
}

const judge: Readonly<Record<string, (list: string, coming: Coming) => Answer>> = {
  user: (list, { account }) => inList(list, pattern => matchesGlob(pattern, account)),
  group: (list, { account }) => inList(list, pattern => matchesGlob(pattern, account)),
  address: (list, { address }) => inList(list, pattern => isAddressIn(pattern, address)),
  // Without UseDNS sshd knows the address alone.
  host: (list, { address }) => inList(list, pattern => isAddressIn(pattern, address)),
  localaddress: (list, { server }) => inList(list, pattern => isAddressIn(pattern, server?.address ?? null)),
  localport: (list, { server }) => inList(list, port => (server ? Number(port) === server.port : null)),
}

/** A list divided by commas; what a `!` denies counts before all else. */
function inList(list: string, is: (pattern: string) => Answer): Answer {
  const words = list.split(',').filter(Boolean)
  const denied = words.filter(word => word.startsWith('!')).map(word => is(word.slice(1)))
  const found = words.filter(word => !word.startsWith('!')).map(is)
  if (denied.includes(true) || found.every(answer => answer === false)) return false
  return denied.includes(null) || !found.includes(true) ? null : true
}

/** `*` stands for any text, `?` for one character. */
export function matchesGlob(pattern: string, text: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.')
  return new RegExp(`^${expression}$`).test(text)
}

/** An address, a network or a pattern; null where the address is not known, or a name, or the pattern may be one of names. */
export function isAddressIn(pattern: string, address: string | null): Answer {
  if (pattern === '*') return true
  if (address === null || !isAddress(address)) return null
  if (isNetwork(pattern)) {
    const [network = '', length] = pattern.split('/')
    if (familyOf(network) !== familyOf(address)) return false
    if (length === undefined) return canonical(network) === canonical(address)
    return ipaddr.parse(address).match(ipaddr.parseCIDR(pattern))
  }
  if (matchesGlob(pattern, address)) return true
  return /^[\d.*?]+$|:/.test(pattern) ? false : null
}

/** A pattern of AllowUsers and the like: USER, or USER@HOST; who is not here by name is for sshd to tell. */
export function isUserIn(pattern: string, { account, address }: Coming): Answer {
  const at = pattern.lastIndexOf('@')
  if (at < 0) return matchesGlob(pattern, account)
  return matchesGlob(pattern.slice(0, at), account) ? isAddressIn(pattern.slice(at + 1), address) : false
}
