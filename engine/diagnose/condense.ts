// A walk in few lines: what is well is told once a host, and not once a part. Pure.
import { wayIn } from '../look/checks'
import type { Link } from '../parts/check'
import type { Walked } from './walk'

/** It implies what stands before it. */
const lastOf = (_host: string, all: readonly Walked[]): string => all.at(-1)?.what ?? ''

/** A client's login need not be. */
const runAsRoot = (all: readonly Walked[]): boolean =>
  !all.some(({ link, what }) => link === 'root' && what.includes('need not be root'))

/** What of a host is well, in one sentence where it is all of it. */
const together: readonly {
  readonly links: readonly Link[]
  readonly says: (host: string, all: readonly Walked[]) => string
}[] = [
  {
    links: wayIn,
    // Of a host that nobody logs in to root alone was asked.
    says: (host, all) =>
      all.some(({ link }) => link === 'host key')
        ? `${host} answers, its host key is the one that it should have, and programs run there${runAsRoot(all) ? ' as root' : ''}`
        : lastOf(host, all),
  },
  { links: ['programs'], says: host => `${host} has the programs that it needs` },
  {
    links: ['name free'],
    says: (host, all) =>
      all.some(({ what }) => what.includes(' account '))
        ? `${host} has the tunnel's account, and nothing of others under its name`
        : `${host} has nothing of others under the tunnel's name`,
  },
  { links: ['sshd valid', 'sshd lets it'], says: lastOf },
  { links: ['service runs'], says: lastOf },
  { links: ['port free'], says: lastOf },
]

/** Those of one kind and host that are all well become one; of what is not judged there is one line a kind. */
export function condense(checks: readonly Walked[]): Walked[] {
  const done = new Set<string>()
  // Whoever does not get in has come to nothing of the rest.
  const isOutside = checks.some(({ link, status }) => status === 'fail' && (wayIn as readonly Link[]).includes(link))
  return checks.flatMap(check => {
    const { host, status } = check
    const group = together.find(({ links }) => links.includes(check.link))
    const all = group ? checks.filter(one => one.host === host && group.links.includes(one.link)) : []
    const isWell = all.length > 0 && all.every(one => one.status === 'ok')
    const what =
      status === 'not judged'
        ? isOutside
          ? 'everything behind it'
          : nounOf[check.link]
        : (isWell && group?.says(host, all)) || check.what
    const id = `${status} ${what}`
    if (done.has(id)) return []
    done.add(id)
    return [{ ...check, what }]
  })
}

/** What is asked at a link, for what nobody has judged. */
const nounOf: Readonly<Record<Link, string>> = {
  'name resolved': 'the way into its hosts',
  reached: 'the way into its hosts',
  'host key': 'the way into its hosts',
  login: 'the way into its hosts',
  root: 'the way into its hosts',
  programs: 'what stands on its hosts',
  clock: 'what stands on its hosts',
  'name free': 'what stands on its hosts',
  'sshd valid': 'sshd',
  'sshd lets it': 'sshd',
  'port free': 'the listener',
  'service runs': "the tunnel's ssh",
  'server reached': "the tunnel's ssh",
  'large packets': "the tunnel's ssh",
  'kept while quiet': "the tunnel's ssh",
  'session lives': "the tunnel's ssh",
  'listener bound': 'the listener',
  'firewall lets it': 'the firewall',
  'far reached': 'far',
  'far answers': 'far',
  'port reached': 'the way to the listener',
  watched: 'the resident proof',
  'comes back': 'what the next boot makes of it',
}
