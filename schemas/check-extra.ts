// What can be wrong with `extra`, the keywords of sshd_config(5) that have no setting of their own here: what would not be one line of sshd's. Pure.
import type { Finding } from './finding'
import { keywordOf, ownSettings } from './sshd-settings'
import type { Middle } from './types'
import type { IsUnknown } from './unknown'

/** By keyword in lower case the setting that says it. */
const typed = new Map([...ownSettings, 'allowUsers' as const].map(setting => [setting.toLowerCase(), setting]))

/** By keyword in lower case: why it is not for a line among others, and what to do. */
const refused: Readonly<Record<string, readonly [why: string, hint: string]>> = {
  match: ['a block would take in the lines behind it', 'write it into a file of your own in sshd_config.d'],
  include: ['what it brings is not ours to show', 'write it into a file of your own in sshd_config.d'],
  ...Object.fromEntries(
    ['port', 'listenaddress', 'addressfamily'].map(keyword => [
      keyword,
      [
        'where sshd listens is how everybody reaches the host, and behind ssh.socket it is not sshd that says it',
        'set it in sshd_config or in ssh.socket, restart that, and give the host its port here',
      ] as const,
    ]),
  ),
  hostkey: ['a line of ours alone would take away the keys by which everybody knows the host', 'set it in sshd_config'],
}

/** The paths begin with the keyword. */
export function checkExtra({ extra = {}, host }: Middle, isUnknown: IsUnknown): Finding[] {
  const first = new Map<string, string>()
  return Object.entries(extra).flatMap(([keyword, values]): Finding[] => {
    const lower = keyword.toLowerCase()
    const other = first.get(lower)
    if (other === undefined) first.set(lower, keyword)
    const finding = (code: string, message: string, hint: string) => [{ path: [keyword], code, message, hint }]
    if (!/^[A-Za-z][A-Za-z0-9]*$/.test(keyword)) {
      const hint = 'letters and digits, as in sshd_config(5)'
      return finding('bad-keyword', `${JSON.stringify(keyword)} is not a keyword of sshd`, hint)
    }
    if (other !== undefined) {
      const hint = 'write its values as a list, each a line: [one, two]'
      return finding('duplicate-keyword', `${other} and ${keyword} are one keyword of sshd`, hint)
    }
    const own = typed.get(lower)
    if (own !== undefined) {
      return finding('own-setting', `${keywordOf(own)} is no extra: it has a setting of its own`, `write ${own}`)
    }
    const no = refused[lower]
    if (no !== undefined) return finding('refused-keyword', `${keyword} cannot be set here: ${no[0]}`, no[1])
    if (lower === 'pubkeyauthentication' && values.some(value => /^no$/i.test(String(value))) && !host.local) {
      const message = `PubkeyAuthentication no would lock us out of ${host.name}, where we log in by a key`
      return finding('locks-out', message, 'leave it out')
    }
    return values.flatMap((value, index) => {
      if (lower === 'pidfile' && !isUnknown(value) && !/^(none|\/\S+\.pid)$/.test(String(value))) {
        const message = `PidFile ${value} is written and removed by sshd, whatever it is`
        const hint = 'a path that ends in .pid, as /run/sshd.pid, or none'
        return [{ path: [keyword, index], code: 'refused-value', message, hint }]
      }
      const why = isUnknown(value) ? null : whyNoValue(value)
      if (why === null) return []
      return [{ path: [keyword, index], code: 'bad-value', message: `${keyword} ${why.says}`, hint: why.hint }]
    })
  })
}

/** What makes a text no value of one line of sshd_config(5); null where it is one. `says` continues a sentence. */
export function whyNoValue(value: string): { readonly says: string; readonly hint: string } | null {
  if (value.trim() === '') return { says: 'has no value', hint: 'leave it out if you do not need it' }
  if (/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(value)) {
    return { says: 'has a line break or another control character in its value', hint: 'one line, with spaces' }
  }
  // sshd takes the rest for a comment, since 8.7 also behind a value.
  if (withoutQuoted(value).some(word => word.startsWith('#'))) {
    return { says: 'has a comment in its value, which sshd leaves out', hint: 'put the word in double quotes: "#..."' }
  }
  return null
}

/** The words outside of quotes; in place of each quoted text stand empty quotes. */
const withoutQuoted = (value: string): string[] =>
  value
    .replace(/"[^"]*"|'[^']*'/g, '""')
    .trim()
    .split(/\s+/)
