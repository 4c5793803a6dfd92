// What a look asks a host for, as the lines that remote/look.sh reads.
import { parts } from '../parts'

export interface Requests {
  /** Of these tunnels (or `_host`) alone; whole: of everything of ours, whoever owns it. */
  readonly names: readonly string[] | 'whole'
  /** Before the host is read: until these accounts listen on these ports and sockets, or none of them has come for a while. */
  readonly awaits?: readonly { readonly account: string; readonly at: number | string }[]
  /** Nothing else of the host. */
  readonly onlyListeners?: boolean
  /** Units whose last words are wanted. */
  readonly journals?: readonly string[]
  /** Further lines of a look, as parts ask them: a function of remote/ and its arguments. */
  readonly questions?: readonly (readonly string[])[]
  /** sshd is asked about each tunnel's account, although none seems to need it. */
  readonly eachSshd?: boolean
  /** What goes through these tunnels: of which the host is the client, and that listen there. */
  readonly traffic?: {
    readonly units: readonly string[]
    readonly ports: readonly { readonly account: string; readonly port: number }[]
  }
  /** How the tunnels are: clock, connections, what their units said. */
  readonly health?: boolean
}

/** Tenths of a second. ssh's ConnectTimeout (10 s), and one restart. */
const patience = 150

/** Seconds that a look may wait: each who comes gives the others as long again. */
export const longestWait = ({ awaits = [] }: Requests): number => (awaits.length * patience) / 10

/** Between the fields of a line, see remote/look.sh. */
export const divider = '\x1f'

const programs = [
  ...new Set([
    ...Object.values(parts).flatMap(part => part.needs),
    'awk',
    'bash',
    'install',
    'mktemp',
    'openssl',
    'curl',
    'setpriv',
    'ss',
    'systemctl',
  ]),
].sort()

/** `loginKeys`: those that the login may have used. */
export function linesOf(
  {
    names,
    awaits = [],
    journals = [],
    questions = [],
    eachSshd = false,
    health = false,
    onlyListeners = false,
    traffic,
  }: Requests,
  loginKeys: readonly string[] = [],
): string[] {
  const lines = [
    ['look_programs', programs.join(' ')],
    ...(names === 'whole' ? [['look_whole']] : names.map(name => ['look_tunnel', name])),
    ...awaits.map(({ account, at }) => ['look_await', account, String(at), String(patience)]),
    ...questions,
    ...loginKeys.map(key => ['look_login_key', ...key.split(' ')]),
    ...journals.map(unit => ['look_journal', unit]),
    ...(eachSshd ? [['look_each_sshd']] : []),
    ...(health ? [['look_health']] : []),
    ...(onlyListeners ? [['look_only_listeners']] : []),
    ...(traffic?.units ?? []).map(unit => ['look_session', unit]),
    ...(traffic?.ports ?? []).map(({ account, port }) => ['look_port', account, String(port)]),
  ]
  return lines.map(fields => fields.join(divider))
}
