// What is said of a change that nobody could log in after: what was tried, what happened, what is now, and what to do.
import { few } from '../../schemas/few'
import type { Host } from '../../schemas/types'
import { Fault, type FaultCode } from '../fault'
import type { Step } from '../parts/part'

/** How it went with the logins, and with undoing it. */
export interface Undoing {
  readonly tried: string
  /** Why the last fresh login failed. */
  readonly why: unknown
  readonly tries: number
  readonly seconds: number
  /** What the host says of undoing it (remote/confirm.sh). */
  readonly said: string
  /** Why even now nobody gets in; null when somebody does. */
  readonly still: unknown
}

/** Begins a line of what somebody else has changed there since the run began. */
const byOthers = 'other: '

/** What the steps that can cut us off were to change. */
export function describeTried(steps: readonly Step[]): string {
  const all = steps.flatMap(({ phase, why, shows = why }) => shows.split('\n').map(line => `${phase}: ${line}`))
  return few([...new Set(all)].filter(line => !/: keep that in /.test(line))).join('\n')
}

export function undoneFault(host: Host, { tried, why, tries, seconds, said, still }: Undoing): Fault {
  const [end = '', ...rest] = said.split('\n')
  const others = rest.filter(line => line.startsWith(byOthers)).map(line => line.slice(byOthers.length))
  const wrong = rest.filter(line => /not all could be put back|^sshd has not read/.test(line))
  if (end !== 'undone') wrong.push(`what it has kept for that is ${end}`)
  const user = host.user ?? 'root'
  const login = `${user}@${host.address ?? host.name}`
  const back =
    wrong.length > 0
      ? `${host.name} has tried to put everything back; ${wrong.join(', ')}`
      : `${host.name} has put everything back by itself: all that we have changed there is as before`
  const isIn = still === null || still === undefined
  return new Fault(
    {
      code: 'undone',
      host: host.name,
      what: `undone: after the change nobody could log in to ${host.name} as ${user}`,
      tried,
      happened: `a fresh login as ${login} failed, ${tries === 1 ? 'once' : `${tries} tries in ${seconds} s`}: ${wordsOf(why)}`,
      now: [
        back,
        isIn
          ? `${user} can log in`
          : `even so ${user} cannot log in${wrong.length > 0 ? '' : ', which is not this change'}: ${wordsOf(still)}`,
        ...(others.length > 0 ? ['since it began somebody else has changed there:', ...few(others)] : []),
      ].join('\n'),
      cure: isIn
        ? cureFor(why, user)
        : `see on the console of ${host.name} who keeps ${user} out${others.length > 0 ? ', first what somebody else has changed' : ''}${wrong.length > 0 ? '; when that is mended, sh /var/lib/ssh-tunnels/undo-*/undo there puts back the rest' : ''}`,
    },
    { cause: why },
  )
}

export const undoingUnknown = (
  host: Host,
  { run, tried }: { readonly run: string; readonly tried: string },
  why: unknown,
): Fault =>
  new Fault(
    {
      code: 'undoing-unknown',
      host: host.name,
      what: `after the change nobody could log in to ${host.name}, and whether it has undone it is not known`,
      tried,
      happened: wordsOf(why),
      cure: `see what ${host.name} says on its console; sh /var/lib/ssh-tunnels/undo-${run}/undo undoes it there`,
    },
    { cause: why },
  )

const wordsOf = (why: unknown): string =>
  why instanceof Fault ? (why.happened ?? why.what) : why instanceof Error ? why.message : 'it took too long'

/** What such a change has most likely shut. */
function cureFor(why: unknown, user: string): string {
  const cures: Partial<Record<FaultCode, string>> = {
    'login-refused': `let ${user} in, by the key that is used here: see PermitRootLogin, AllowGroups, DenyUsers, AuthorizedKeysFile, AuthenticationMethods and PubkeyAcceptedAlgorithms`,
    'handshake-failed':
      'leave what this login uses among KexAlgorithms, Ciphers, MACs and HostKeyAlgorithms: the defaults of OpenSSH do',
    'program-not-started': `let ${user} run programs: no ForceCommand, ChrootDirectory or SetEnv for that user`,
    'took-too-long': `let what ${user} runs end: no ForceCommand for that user, and no profile of his shell that waits`,
    'session-refused': 'leave MaxSessions at 1 or more',
    'host-unreachable': 'let the firewall and sshd take connections from here',
    'connection-dropped': 'leave room for a new login: see MaxStartups, PerSourceMaxStartups and PerSourcePenalties',
    'connection-not-allowed': 'leave room for a new login: see MaxStartups and PerSourcePenalties',
    'become-refused': `let ${user} become root without a password`,
    'dial-prohibited': 'let the jump host connect onward: see AllowTcpForwarding, PermitOpen and DisableForwarding',
  }
  const own = why instanceof Fault ? cures[why.code] : undefined
  return own ?? `see to it that the change lets ${user} in, as this host is reached from here`
}
