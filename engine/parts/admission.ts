// Whether sshd lets in who makes a change, once it has read what we are about to write: by its own effective values for that login (sshd_config(5)). Pure.
//
// Only what is sure is told. The same judgement of the configuration as it stands is the control: we are in, so a value that would keep us out of
// that one is none that we understand. Where sshd has not read all of it, it is none: our reload would be the first to.
import { familyOf, formatEndpoint, isAddress } from '../../schemas/endpoint'
import { fieldsOf } from '../../schemas/public-key'
import { type Check, ok } from './check'
import type { Admission, Snapshot } from './snapshot'
import { isUserIn, matchesGlob } from './sshd-match'

type Values = Admission['now']

interface Bar {
  /** The keyword of sshd_config(5). */
  readonly setting: string
  /** Its value, and why that keeps the login out. */
  readonly why: string
  readonly cure: string
}

const wordsOf = (value = ''): string[] => value.split(' ').filter(Boolean)

type Judge = (values: Values, login: Admission, keys: readonly string[] | null) => Omit<Bar, 'setting'> | null

const judges: Readonly<Record<string, Judge>> = {
  DenyUsers: ({ denyusers }, login) => {
    const found = wordsOf(denyusers).find(pattern => isUser(pattern, login) === true)
    return found === undefined ? null : { why: `${found} is ${login.user}`, cure: `let it spare ${login.user}` }
  },
  AllowUsers: ({ allowusers }, login) => {
    const some = wordsOf(allowusers)
    if (some.length === 0 || some.some(pattern => isUser(pattern, login) !== false)) return null
    return { why: `${login.user} is none of ${some.join(', ')}`, cure: `name ${login.user} there too` }
  },
  DenyGroups: ({ denygroups }, { user, groups }) => {
    const found = wordsOf(denygroups).find(pattern => groups.some(group => matchesGlob(pattern, group)))
    return found === undefined
      ? null
      : { why: `${user} is in group ${found}`, cure: `let it spare the groups of ${user}` }
  },
  AllowGroups: ({ allowgroups }, { user, groups }) => {
    const some = wordsOf(allowgroups)
    const isIn = (pattern: string) => pattern.startsWith('!') || groups.some(group => matchesGlob(pattern, group))
    if (some.length === 0 || some.some(isIn)) return null
    const why = `${user} is in ${groups.join(', ')}, and none of these is ${some.join(', ')}`
    return { why, cure: `name a group of ${user} there too` }
  },
  PermitRootLogin: ({ permitrootlogin: value = '' }, { isRoot, user }) =>
    isRoot && (value === 'no' || value === 'forced-commands-only')
      ? {
          why: `it is ${value}, and ${user} is root`,
          cure: 'write prohibit-password, or log in as an administrator: become: sudo',
        }
      : null,
  PubkeyAuthentication: ({ pubkeyauthentication }) =>
    pubkeyauthentication === 'no' ? { why: 'it is no, and we log in by a key', cure: 'leave it out' } : null,
  AuthenticationMethods: ({ authenticationmethods: value = 'any' }) =>
    wordsOf(value).some(one => one === 'any' || one === 'publickey')
      ? null
      : { why: `it is ${value}, and we have a key alone`, cure: 'let publickey be enough for this login' },
  AuthorizedKeysFile: (values, { user }, keys) => {
    const others = ['authorizedkeyscommand', 'trustedusercakeys'].some(one => (values[one] ?? 'none') !== 'none')
    if (keys === null || keys.length > 0 || others) return null
    const why = `it is ${values.authorizedkeysfile}, and the key of this login does not stand there for ${user}`
    return { why, cure: 'put the key there first, or keep the file that has it' }
  },
  PubkeyAcceptedAlgorithms: (values, _login, known) => {
    const keys = known ?? []
    const taken = (values.pubkeyacceptedalgorithms ?? values.pubkeyacceptedkeytypes ?? '').split(',')
    if (taken[0] === '' || keys.length === 0 || keys.some(key => algorithmsOf(key).some(one => taken.includes(one))))
      return null
    const why = `it has none for a key of type ${typesOf(keys)}, which this login has`
    return { why, cure: `add ${keys.flatMap(algorithmsOf)[0]}` }
  },
  RequiredRSASize: ({ requiredrsasize }, _login, known) => {
    const keys = known ?? []
    const sizes = keys.map(bitsOfRsa)
    if (requiredrsasize === undefined || keys.length === 0) return null
    if (sizes.some(bits => bits === null || bits >= Number(requiredrsasize))) return null
    const why = `it is ${requiredrsasize}, and the key of this login has ${sizes.join(', ')} bits`
    return { why, cure: 'log in with another key first' }
  },
  ForceCommand: ({ forcecommand: value = 'none' }) =>
    value === 'none'
      ? null
      : { why: `${value} would run in place of our programs`, cure: 'put it into a Match block of a file of your own' },
  ChrootDirectory: ({ chrootdirectory: value = 'none' }) =>
    value === 'none' || value === '/'
      ? null
      : { why: `our programs would see ${value} alone`, cure: 'put it into a Match block of a file of your own' },
}

const isUser = (pattern: string, { user, from }: Admission) =>
  isUserIn(pattern, { account: user, address: isAddress(from) ? from : null, server: null })

const typeOf = (key: string) => key.split(' ')[0] ?? ''
const typesOf = (keys: readonly string[]) => [...new Set(keys.map(typeOf))].join(', ')

/** RFC 8332: a key of RSA signs by any of these. */
const algorithmsOf = (key: string): string[] =>
  typeOf(key) === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'] : [typeOf(key)]

/** The key is its type, the exponent and the modulus. */
function bitsOfRsa(key: string): number | null {
  if (typeOf(key) !== 'ssh-rsa') return null
  const modulus = fieldsOf(key.split(' ')[1] ?? '')?.[2]
  return modulus?.length ? BigInt(`0x${modulus.toString('hex')}`).toString(2).length : null
}

/** What nobody can misread, so that it needs no control. */
const plain = new Set(['DenyUsers', 'AllowUsers', 'PermitRootLogin', 'PubkeyAuthentication'])

const barsIn = (values: Values, login: Admission, keys: readonly string[] | null): Bar[] =>
  Object.entries(judges).flatMap(([setting, judge]) => {
    const found = judge(values, login, keys)
    return found === null ? [] : [{ setting, ...found }]
  })

/**
 * Its files may say so already, and a reload of ours would be the first to read them: no control. A port behind a translation of addresses is the
 * one that sshd listens on here.
 */
function findNoWayIn({ to, after, unread }: Admission): Bar[] {
  if (unread.length === 0) return []
  const said = wordsOf(after.listenaddress)
  if (!to || said.length === 0 || !isAddress(to.address)) return []
  const ways = [familyOf(to.address) === 4 ? '0.0.0.0' : '::', to.address].map(host =>
    formatEndpoint({ host, port: to.port }),
  )
  if (said.some(one => ways.includes(one))) return []
  const why = `sshd would listen on ${said.join(', ')}, as its files have come to say, and we come in at ${ways[1]}`
  return [
    { setting: 'ListenAddress', why, cure: 'put that back; or restart sshd first, and give the host its port here' },
  ]
}

export function admits({ admission: login }: Snapshot, host: string): Check {
  const asked = { link: 'sshd lets it', host } as const
  const unread = login?.unread ?? []
  const control = login === null || unread.length > 0 ? [] : barsIn(login.now, login, login.keysNow)
  const bars = login === null ? [] : barsIn(login.after, login, login.keysAfter)
  const known = bars.filter(({ setting }) =>
    unread.length > 0 ? plain.has(setting) : !control.some(one => one.setting === setting),
  )
  const [bar, ...more] = [...known, ...(login === null ? [] : findNoWayIn(login))]
  if (!login || !bar) return ok(asked, `nothing that we are about to set is known to keep us out of ${host}`)
  return {
    ...asked,
    status: 'fail',
    code: 'locks-out',
    what: `${bar.setting} would lock us out of ${host}, where we log in as ${login.user}, so nothing was changed`,
    evidence: [
      ...[bar, ...more].map(one => `${one.setting}: ${one.why}`),
      ...unread.map(file => `sshd has not read ${file} yet, and our change would let it`),
    ].join('\n'),
    cure: bar.cure,
  }
}
