// Whether a session that began under other rights may go on: what is to hold for its account now lets it do no more than before. Pure.
import { settingsIn } from './drop-in'
import { optionsIn } from './least-privilege'

type Settings = ReadonlyMap<string, string>

/** Of sshd's files: what is asked at a login alone, or is no right. */
const notRights = [
  'allowusers',
  'allowgroups',
  'denyusers',
  'denygroups',
  'authenticationmethods',
  'pubkeyauthentication',
  'authorizedkeysfile',
  'authorizedkeyscommand',
  'authorizedkeyscommanduser',
  'clientaliveinterval',
  'clientalivecountmax',
]

const rightsIn = (text: string): Settings =>
  new Map([...settingsIn(text)].filter(([name]) => !notRights.includes(name)))

const wordsOf = (value = 'any') => value.split(' ').filter(word => word !== 'none')
const isAmong = (want: string | undefined, have: string | undefined): boolean =>
  wordsOf(have).includes('any') || wordsOf(want).every(word => wordsOf(have).includes(word))

/** What each value of AllowTcpForwarding and the like lets one do. */
const kinds: Readonly<Record<string, readonly string[]>> = { no: [], local: ['local'], remote: ['remote'] }
const kindsOf = (value = 'yes') => kinds[value] ?? ['local', 'remote']
const isKindAmong = (want: string | undefined, have: string | undefined): boolean =>
  kindsOf(want).every(kind => kindsOf(have).includes(kind))

/** Without it nobody listens for the account so, or as before. */
const isSameOrNone = (want: string | undefined, have: string | undefined) => want === undefined || want === have

const orders: Readonly<Record<string, (want: string | undefined, have: string | undefined) => boolean>> = {
  permitopen: isAmong,
  permitlisten: isAmong,
  allowtcpforwarding: isKindAmong,
  allowstreamlocalforwarding: isKindAmong,
  gatewayports: isSameOrNone,
  streamlocalbindmask: isSameOrNone,
  streamlocalbindunlink: isSameOrNone,
}

/** Of two drop-ins of ours for one account. */
export function isNoWider(want: string, have: string): boolean {
  const [wanted, had] = [rightsIn(want), rightsIn(have)]
  return [...new Set([...wanted.keys(), ...had.keys()])].every(name =>
    (orders[name] ?? ((a, b) => a === b))(wanted.get(name), had.get(name)),
  )
}

/**
 * Of two lists of options before a key. What may be opened stands in them one by one; of a kind of which none stands there sshd's own block says whether all
 * or none may be: `opensAny` for all that the server dials.
 */
export function isKeyNoWider(want: string, have: string, opensAny: boolean): boolean {
  const [wanted, had] = [optionsIn(want), optionsIn(have)]
  const of = (options: readonly string[], name: string) => options.filter(one => one.startsWith(`${name}=`))
  const rest = (options: readonly string[]) => options.filter(one => !/^permit(open|listen)=/.test(one)).join(',')
  const isPermitted = (name: string) => {
    const [now, before] = [of(wanted, name), of(had, name)]
    const isGone = now.length === 0 && !(opensAny && name === 'permitopen')
    return before.length === 0 || isGone || (now.length > 0 && now.every(one => before.includes(one)))
  }
  return rest(wanted) === rest(had) && isPermitted('permitopen') && isPermitted('permitlisten')
}
