// The lines for everybody that have no value which we know to read: what sshd makes of each, asked of sshd itself. Pure.
//
// No list of keywords and their forms would be right for every version. So a look has sshd read a file of one line alone, and what it prints
// of that must be among what it prints of its whole configuration.
import { few } from '../../schemas/few'
import { readAllowed } from '../../schemas/sshd-settings'
import type { Sshd } from '../../schemas/types'
import { type Check, ok } from './check'
import type { Snapshot } from './snapshot'
import { findOther } from './sshd-config'
import { isUserIn, matchesGlob } from './sshd-match'

/** What a host's own drop-in says beyond plain settings. */
export interface OwnLines {
  /** As they stand in it: `Banner /etc/issue.net`. */
  readonly extra: readonly string[]
  /** The line of PerSourcePenalties; null for none. */
  readonly penalties: string | null
  readonly users: readonly AskedUser[]
}

/** An entry of allowUsers, with a user and an address that it is about, to ask sshd of. */
export interface AskedUser {
  readonly entry: string
  readonly user: string
  readonly from: string
}

export function asUser(entry: string): AskedUser {
  const { user = entry, address = null } = readAllowed(entry) ?? {}
  const one = user.replaceAll('*', '').replaceAll('?', 'x')
  return { entry, user: one === '' ? 'x' : one, from: address?.split('/')[0] ?? '127.0.0.1' }
}

/** Under what name the effective values for an entry stand in a snapshot. */
const nameOf = (entry: string) => `AllowUsers ${entry}`

/** What a look has to ask sshd, as lines for remote/look.sh. */
export const questionsOf = ({ extra, penalties, users }: OwnLines): string[][] => [
  ...[...(penalties === null ? [] : [penalties]), ...extra].map(line => ['look_sshd_line', line]),
  ...users.map(({ entry, user, from }) => ['look_sshd_user', nameOf(entry), user, from]),
]

interface Judged {
  /** Null where sshd does not tell. */
  readonly inEffect: boolean | null
  /** What sshd has of its keyword, in words. */
  readonly has: string
}

/** `text` is what our drop-in says. */
function judge(line: string, on: Snapshot, text: string): Judged {
  const told = on.sshdLines[line] ?? []
  if (told.length === 0) {
    return text.split('\n').includes(line)
      ? { inEffect: null, has: line }
      : { inEffect: false, has: `${line} (not in our drop-in)` }
  }
  const keywords = new Set(told.map(one => one.split(' ')[0]))
  const has = on.sshdSays.filter(one => keywords.has(one.split(' ')[0]))
  return {
    inEffect: told.every(one => has.includes(one)),
    has: has.length > 0 ? has.join(', ') : `${line} (sshd does not say so)`,
  }
}

/** Each penalty is set for itself, so of what sshd prints only those count that the line names. */
function judgePenalties(line: string, on: Snapshot): Judged {
  const wordsOf = (text = '') => text.split(/\s+/).slice(1)
  const alone = wordsOf(on.sshdLines[line]?.[0])
  const has = wordsOf(on.sshdSays.find(one => one.startsWith('persourcepenalties ')))
  const named = new Set(wordsOf(line).map(word => word.split(':')[0]?.toLowerCase()))
  const wanted = alone.filter(word => word === 'no' || named.has('yes') || named.has(word.split(':')[0]))
  if (alone.length === 0 || has.length === 0) return { inEffect: false, has: has.join(' ') || 'sshd does not say' }
  const isOn = (words: readonly string[]) => words.length > 0 && words[0] !== 'no'
  return { inEffect: isOn(alone) === isOn(has) && wanted.every(word => has.includes(word)), has: has.join(' ') }
}

/** The values that `asked` names beyond plain settings; `text` is what our drop-in says. */
export function observeOwn({ extra, penalties, users }: OwnLines, on: Snapshot, text: string): Partial<Sshd> {
  const judged = extra.map(line => ({ line, ...judge(line, on, text) }))
  const truths = judged.map(({ inEffect }) => inEffect)
  const own = penalties === null ? null : judgePenalties(penalties, on)
  return {
    ...(own && penalties !== null
      ? { perSourcePenalties: own.inEffect ? penalties.slice(penalties.indexOf(' ') + 1) : own.has }
      : {}),
    ...(users.length > 0 ? { allowUsers: users.filter(one => isAllowed(one, on)).map(({ entry }) => entry) } : {}),
    ...(extra.length > 0
      ? {
          extra: judged.map(({ line, inEffect, has }) => (inEffect === false ? has : line)),
          extraInEffect: truths.includes(false) ? false : truths.includes(null) ? null : true,
        }
      : {}),
  }
}

/** What sshd does not tell of, no apply makes it tell. */
export const toldOwn = ({ extra }: OwnLines, on: Snapshot): Partial<Sshd> =>
  extra.some(line => isUntold(line, on)) ? { extraInEffect: null } : {}

const isUntold = (line: string, on: Snapshot): boolean => on.sshdLines[line]?.length === 0 && !(line in on.sshdRefused)

const listed = (on: Snapshot, entry: string, keyword: string): string[] =>
  (on.sshd[nameOf(entry)]?.[keyword] ?? '').split(' ').filter(Boolean)

const isAllowed = ({ entry }: AskedUser, on: Snapshot): boolean =>
  listed(on, entry, 'allowusers').includes(readAllowed(entry)?.user ?? entry)

/** Where a foreign line sets what is not as declared; null where none is found. */
export function winnersOver(own: OwnLines, on: Snapshot, dropIn: string): string | null {
  const text = on.files[dropIn]?.text ?? ''
  const lines = own.extra.filter(line => judge(line, on, text).inEffect === false)
  const places = lines.flatMap(line => findOther(on, line.split(' ')[0] ?? '', dropIn) ?? [])
  return places.length > 0 ? [...new Set(places)].join(', ') : null
}

export const checksOfOwn = (own: OwnLines, on: Snapshot, host: string): Check[] => [
  takes(own, on, host),
  ...own.users.map(user => lets(user, on, host)),
  ...own.extra.filter(line => isUntold(line, on)).map(line => untold(line, host)),
]

/** Whether this sshd takes the lines at all. Words about no line are of one that needs others: only the whole configuration tells. */
function takes(own: OwnLines, on: Snapshot, host: string): Check {
  const asked = { link: 'sshd valid', host } as const
  const refused = Object.entries(on.sshdRefused).flatMap(([line, text]) => {
    const [, words] = /\bline \d+:? *(.*)$/m.exec(text) ?? []
    return words === undefined ? [] : [{ line, words }]
  })
  if (refused.length === 0) return ok(asked, `sshd on ${host} takes our settings`)
  const keywords = [...new Set(refused.map(({ line }) => line.split(' ')[0] ?? line))]
  const version = on.sshdVersion ?? 'of a version that it does not tell'
  return {
    ...asked,
    status: 'fail',
    code: 'sshd-refuses',
    what: `sshd on ${host} (${version}) does not take ${few(keywords).join(', ')}, so nothing was changed`,
    evidence: few(refused.map(({ line, words }) => `${line}: sshd -t says: ${words}`)).join('\n'),
    cure: refused.some(({ line }) => line === own.penalties && isUnknownKeyword(on, line))
      ? `install OpenSSH 9.8 or later on ${host}, which has PerSourcePenalties, or leave it out`
      : `see sshd_config(5) on ${host}, and mend that or leave it out`,
  }
}

/** It prints the keyword, whatever its value, where it knows it. */
const isUnknownKeyword = (on: Snapshot, line: string): boolean => {
  const keyword = `${line.split(' ')[0]?.toLowerCase()} `
  return on.sshdSays.length > 0 && !on.sshdSays.some(one => one.startsWith(keyword))
}

/** Whether something else keeps out whom AllowUsers lets in. */
function lets({ entry, user }: AskedUser, on: Snapshot, host: string): Check {
  const asked = { link: 'sshd lets it', host } as const
  const isOne = user === (readAllowed(entry)?.user ?? entry)
  const groups = isOne ? (on.groups[user] ?? []) : []
  const isIn = (pattern: string) => groups.some(group => matchesGlob(pattern, group))
  const denied = listed(on, entry, 'denyusers').find(
    one => isUserIn(one, { account: user, address: null, server: null }) === true,
  )
  const ofGroup = listed(on, entry, 'denygroups').find(isIn)
  const allowed = listed(on, entry, 'allowgroups')
  // A pattern with ! is left to sshd.
  const isMissing = groups.length > 0 && allowed.length > 0 && !allowed.some(one => isIn(one) || one.startsWith('!'))
  const bar = denied
    ? { keyword: 'DenyUsers', value: denied, cure: `take ${denied} out of it` }
    : ofGroup
      ? { keyword: 'DenyGroups', value: ofGroup, cure: `take ${user} out of group ${ofGroup}` }
      : isMissing
        ? { keyword: 'AllowGroups', value: allowed.join(' '), cure: `put ${user} into one of these groups` }
        : null
  if (!bar) return ok(asked, `no list of sshd on ${host} that we see keeps ${entry} out`)
  const place = findOther(on, bar.keyword, '')
  return {
    ...asked,
    status: 'fail',
    code: 'sshd-denies',
    what: `sshd on ${host} will not let ${user} in, whom allowUsers names`,
    evidence: `${bar.keyword} ${bar.value}${place === null ? '' : ` (${place})`}, which holds beside AllowUsers`,
    cure: `${bar.cure} on ${host}`,
  }
}

const untold = (line: string, host: string): Check => ({
  link: 'sshd lets it',
  host,
  status: 'unknown',
  what: `sshd on ${host} does not tell whether ${line.split(' ')[0]} is in effect`,
  evidence: `sshd -T prints nothing of: ${line}`,
  cure: 'leave it out if sshd_config(5) there does not know it any more',
})
