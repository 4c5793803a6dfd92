// Whether sshd lets a tunnel's account in at all, as far as its global settings tell (sshd_config(5)): of those that our Match block does not
// set for the account (least-privilege.ts).
import { type Check, ok } from './check'
import type { Snapshot } from './snapshot'

/** Patterns of ssh_config(5) without their host part: `*` and `?`. A `!` in front, or a host, is left to sshd. */
function matches(pattern: string, name: string): boolean | null {
  const [user = '', host = '*'] = pattern.split('@')
  if (pattern.startsWith('!') || host !== '*') return null
  const expression = user
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.')
  return new RegExp(`^${expression}$`).test(name)
}

/** For the account where sshd was asked about it, else for everybody. */
const listed = (on: Snapshot, keyword: string, account = '*'): string[] =>
  (on.sshd[account]?.[keyword] ?? on.sshd['*']?.[keyword] ?? '').split(' ').filter(Boolean)

interface Bar {
  /** The setting as sshd_config(5) spells it. */
  readonly setting: string
  readonly why: string
  readonly cure: string
}

/** The first setting that keeps the account out; null for none. Its group is called as the account is. */
function findBar(on: Snapshot, account: string): Bar | null {
  for (const setting of ['DenyUsers', 'DenyGroups']) {
    const pattern = listed(on, setting.toLowerCase(), account).find(one => matches(one, account) === true)
    if (pattern) return { setting, why: `${setting} ${pattern}`, cure: `let ${pattern} there not match ${account}` }
  }
  const setting = 'PubkeyAcceptedAlgorithms'
  const algorithms = [
    ...listed(on, setting.toLowerCase(), account),
    ...listed(on, 'pubkeyacceptedkeytypes', account),
  ].join(',')
  if (algorithms && !algorithms.split(',').includes('ssh-ed25519')) {
    return {
      setting,
      why: `${setting} is without ssh-ed25519, which a tunnel's key is`,
      cure: `add ssh-ed25519 to ${setting}`,
    }
  }
  return null
}

/** Where that setting stands, as `file:line`; empty where no file that we read has it. */
function placeOf(on: Snapshot, setting: string): string {
  for (const [path, { text }] of Object.entries(on.files)) {
    if (!path.startsWith('/etc/ssh/sshd_config')) continue
    const at = text.split('\n').findIndex(
      line =>
        line
          .trim()
          .split(/[\s=]+/)[0]
          ?.toLowerCase() === setting.toLowerCase(),
    )
    if (at >= 0) return ` (${path}:${at + 1})`
  }
  return ''
}

export function letsIn(on: Snapshot, account: string, host: string): Check {
  const asked = { link: 'sshd lets it', host } as const
  const bar = findBar(on, account)
  if (!bar) return ok(asked, `no global setting of sshd on ${host} keeps ${account} out`)
  return {
    ...asked,
    status: 'fail',
    code: 'sshd-denies',
    what: `sshd on ${host} will not let ${account} in`,
    evidence: `${bar.why}${placeOf(on, bar.setting)}`,
    cure: `${bar.cure} on ${host}, and reload sshd`,
  }
}

/** Whether sshd listens where a client on the same machine dials it. */
export function answersItself(on: Snapshot, port: number, host: string): Check {
  const asked = { link: 'sshd lets it', host } as const
  const addresses = listed(on, 'listenaddress')
  const served = ['0.0.0.0', '127.0.0.1'].map(address => `${address}:${port}`)
  if (addresses.length === 0) {
    const what = `where sshd on ${host} listens is not told`
    return { ...asked, status: 'unknown', what, cure: `see sshd -T on ${host}` }
  }
  if (addresses.some(one => served.includes(one))) return ok(asked, `sshd on ${host} listens on 127.0.0.1:${port}`)
  return {
    ...asked,
    status: 'fail',
    code: 'sshd-denies',
    what: `sshd on ${host} does not listen on 127.0.0.1:${port}, which a tunnel from ${host} to itself dials`,
    evidence: `it listens on ${addresses.join(', ')}${placeOf(on, 'ListenAddress')}`,
    cure: 'add ListenAddress 127.0.0.1 to its sshd_config, and restart sshd',
  }
}
