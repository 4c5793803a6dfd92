// What a look tells of the login that looks: its connection, and what sshd has for it, now and what it will have (remote/admission.sh).
import type { Admission, Snapshot } from '../parts/snapshot'
import { effectiveFrom } from './effective'
import type { Records } from './records'

export function readAdmission({ all }: Records): Admission | null {
  const [told] = all('admission')
  if (!told) return null
  const [uid, groups = '', from = '', address, port] = told.value.split('\n')
  const of = (kind: string, when: string) => all(kind).find(({ name }) => name === when)?.value ?? ''
  const linesOf = (text: string) => text.split('\n').filter(Boolean)
  const keysOf = (when: string) => (all('loginkeys').length === 0 ? null : linesOf(of('loginkeys', when)))
  return {
    user: told.name,
    isRoot: uid === '0',
    groups: groups.split(' ').filter(Boolean),
    from,
    to: address && port ? { address, port: Number(port) } : null,
    now: effectiveFrom(of('admits', 'now')),
    after: effectiveFrom(of('admits', 'after')),
    unread: linesOf(all('unreadothers')[0]?.value ?? ''),
    keysNow: keysOf('now'),
    keysAfter: keysOf('after'),
  }
}

/** SSH_CONNECTION is CLIENT_ADDRESS CLIENT_PORT SERVER_ADDRESS SERVER_PORT (ssh(1)). */
export function readConnection(text: string): Snapshot['connection'] {
  const [from, , address, port] = text.trim().split(' ')
  return from && address && port ? { from, address, port: Number(port) } : null
}
