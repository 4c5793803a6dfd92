// Whether sshd lets a tunnel's account in at all (sshd_config(5)): its global settings that our Match block does not set for the account
// (least-privilege.ts), and other Match blocks that stand before ours.
import { formatEndpoint, isWildcard } from '../../schemas/endpoint'
import { type Check, ok } from './check'
import { findAccessBar } from './pam-access'
import type { Snapshot } from './snapshot'
import { findSetting, findWinner, linesOfOthers } from './sshd-config'
import { type Coming, isAbout, isUserIn, matchesGlob } from './sshd-match'

/** For the account where sshd was asked about it, else for everybody. */
const listed = (on: Snapshot, keyword: string, account = '*'): string[] =>
  (on.sshd[account]?.[keyword] ?? on.sshd['*']?.[keyword] ?? '').split(' ').filter(Boolean)

/** Who logs in. */
interface Entering extends Coming {
  /** Our drop-in is there, as it should be, and read first. */
  readonly stands: boolean
}

interface Bar {
  readonly why: string
  readonly cure: string
  /** Where it stands, in brackets. */
  readonly place: string
  /** Only sshd or PAM can tell whether it does. */
  readonly unsure?: true
}

/** What our Match block says so that the account is let in, and may forward. */
const admitting = { PubkeyAuthentication: 'yes', AuthenticationMethods: 'publickey', DisableForwarding: 'no' } as const

/** The first setting that keeps the account out; null for none. Its group is called as the account is. */
function findBar(on: Snapshot, entering: Entering): Bar | null {
  const { account, stands } = entering
  if (on.nologin !== null && listed(on, 'usepam')[0] !== 'no') {
    const why = `${on.nologin} keeps everybody but root from logging in`
    return { why, cure: `remove ${on.nologin}`, place: '' }
  }
  const access = listed(on, 'usepam')[0] === 'no' ? null : findAccessBar(on, entering)
  if (access?.sure) {
    const why = `pam_access lets nobody like ${account} in (${access.line})`
    return { why, cure: `put "+ : ${account} : ALL" before that line`, place: '' }
  }
  // Ours says otherwise, for the account: then somebody's Match block stands before it.
  for (const [setting, ours] of Object.entries(admitting)) {
    const value = stands ? on.sshd[account]?.[setting.toLowerCase()] : undefined
    if (value === undefined || value === ours) continue
    const place = placeOf(on, setting, value)
    return { why: `${setting} ${value} wins over ours`, cure: `let that not match ${account}`, place }
  }
  const denied = findDenied(on, entering)
  if (denied && !denied.unsure) return denied
  const setting = 'PubkeyAcceptedAlgorithms'
  const algorithms = [
    ...listed(on, setting.toLowerCase(), account),
    ...listed(on, 'pubkeyacceptedkeytypes', account),
  ].join(',')
  if (algorithms && !algorithms.split(',').includes('ssh-ed25519')) {
    return {
      place: placeOf(on, setting),
      why: `${setting} is without ssh-ed25519, which a tunnel's key is`,
      cure: `add ssh-ed25519 to ${setting}`,
    }
  }
  if (denied || access === null) return denied
  const why = `only PAM can tell whom ${access.line} is about`
  return { why, cure: `put "+ : ${account} : ALL" before that line`, place: '', unsure: true }
}

/** Lists of several Match blocks add up, wherever ours stands; the global ones ours stand in place of. */
function findDenied(on: Snapshot, entering: Entering): Bar | null {
  const { account, stands } = entering
  const found = ['DenyUsers', 'DenyGroups'].flatMap((setting): Bar[] => {
    const is = (pattern: string) =>
      setting === 'DenyUsers' ? isUserIn(pattern, entering) : matchesGlob(pattern, account)
    const lines = [...linesOfOthers(on, setting)].filter(({ matched }) => matched)
    const bar = (pattern: string, place: string): Bar => {
      return { why: `${setting} ${pattern}`, cure: `let ${pattern} there not match ${account}`, place }
    }
    // Where ours is there sshd itself has told which blocks are about the account.
    const effective = stands ? on.sshd[account]?.[setting.toLowerCase()]?.split(' ').filter(Boolean) : undefined
    if (effective) {
      const told = effective.find(pattern => is(pattern) === true)
      if (told === undefined) return []
      const line = lines.find(({ values }) => values.includes(told))
      return [bar(told, line ? ` (${line.place})` : '')]
    }
    return lines.flatMap(({ place, criteria, values }) => {
      const about = criteria.map(one => isAbout(one, entering))
      if (about.includes(false)) return []
      const [sure] = about.includes(null) ? [] : values.filter(pattern => is(pattern) === true)
      if (sure !== undefined) return [bar(sure, ` (${place})`)]
      const perhaps = values.find(pattern => is(pattern) !== false)
      if (perhaps === undefined) return []
      const why = `only sshd can tell whether ${setting} ${perhaps} is about it`
      return [{ ...bar(perhaps, ` (${place})`), why, unsure: true }]
    })
  })
  return found.find(({ unsure }) => !unsure) ?? found[0] ?? null
}

/** Where that setting stands, in brackets; empty where no file that we read has it. */
function placeOf(on: Snapshot, setting: string, value?: string): string {
  const place = value === undefined ? findSetting(on, setting) : findWinner(on, setting, value)
  return place ? ` (${place})` : ''
}

export function letsIn(on: Snapshot, entering: Entering, host: string): Check {
  const { account } = entering
  const asked = { link: 'sshd lets it', host } as const
  const bar = findBar(on, entering)
  if (!bar) return ok(asked, `no setting of sshd on ${host} that we see keeps ${account} out`)
  if (bar.unsure) {
    return {
      ...asked,
      status: 'unknown',
      code: 'sshd-unknown',
      what: `nobody can tell beforehand whether ${host} lets ${account} in`,
      evidence: `${bar.why}${bar.place}`,
      cure: `${bar.cure} on ${host}`,
    }
  }
  return {
    ...asked,
    status: 'fail',
    code: 'sshd-denies',
    what: `sshd on ${host} will not let ${account} in`,
    evidence: `${bar.why}${bar.place}`,
    cure: `${bar.cure} on ${host}${bar.place && ', and reload sshd'}`,
  }
}

/** Addresses of this port at which sshd listens, as its configuration says and the kernel does not deny. */
function servedOn(on: Snapshot, port: number): string[] {
  const heard = on.listeners.filter(one => one.port === port && one.uid === 0).map(one => one.address)
  if (on.sshdBehindSocket) return heard
  const end = `:${port}`
  const said = listed(on, 'listenaddress').flatMap(one =>
    one.endsWith(end) ? [one.slice(0, -end.length).replace(/^\[|\]$/g, '')] : [],
  )
  if (said.length === 0 || heard.length === 0) return said
  const served = said.filter(one => heard.some(address => address === one || isWildcard(address)))
  return served.length > 0 ? served : heard
}

/** The address at which a client on the same machine finds sshd: a loopback one where it can. */
export function findItself(on: Snapshot, port: number): string {
  const served = servedOn(on, port)
  const has = (...addresses: string[]) => served.some(one => addresses.includes(one))
  if (served.length === 0 || has('127.0.0.1', '0.0.0.0', '*')) return '127.0.0.1'
  return has('::1', '::') ? '::1' : (served[0] ?? '127.0.0.1')
}

/** Whether sshd listens where a client on the same machine dials it. */
export function answersItself(on: Snapshot, { address, port }: { address: string; port: number }, host: string): Check {
  const asked = { link: 'sshd lets it', host } as const
  const addresses = listed(on, 'listenaddress')
  if (addresses.length === 0) {
    const what = `where sshd on ${host} listens is not told`
    return { ...asked, status: 'unknown', what, cure: `see sshd -T on ${host}` }
  }
  const at = formatEndpoint({ host: address, port })
  if (servedOn(on, port).length > 0) return ok(asked, `sshd on ${host} listens on ${at}`)
  const why = on.sshdBehindSocket
    ? { evidence: `systemd listens for it, and not there`, cure: `add ListenStream=${port} to its ssh.socket` }
    : {
        evidence: `it listens on ${addresses.join(', ')}${placeOf(on, 'ListenAddress')}`,
        cure: `let its sshd listen on port ${port} too, and restart it`,
      }
  return {
    ...asked,
    status: 'fail',
    code: 'sshd-denies',
    what: `sshd on ${host} does not listen on port ${port}, which a tunnel from ${host} to itself dials`,
    ...why,
  }
}
