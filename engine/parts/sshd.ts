// Our drop-in for sshd, and what sshd makes of it: effective values, for the tunnel's account or for everybody.
import type { Sshd } from '../../schemas/types'
import { admits } from './admission'
import { type Check, ok } from './check'
import { isMarked, readMark } from './mark'
import { isNoWider } from './narrower'
import { oddity, outlived, type Part, type Step, sha256, stranger } from './part'
import { isSealed } from './seal'
import type { Snapshot } from './snapshot'
import type { SshdAt } from './sshd-at'
import { isInEffect, whyNotFirst } from './sshd-config'
import { answersItself, letsIn } from './sshd-entry'
import { checksOfOwn, observeOwn, toldOwn } from './sshd-own'
import { explainDropIn } from './sshd-reasons'
import { timeoutLines } from './sshd-timeouts'
import { isPlain, readers } from './sshd-values'
import { describeValues, findWrongValues, whoWins } from './sshd-wrong'

export type { SshdAt } from './sshd-at'

export const sshd: Part<Sshd, SshdAt> = {
  kind: 'sshd',
  needs: ['flock', 'pkill', 'sshd'],

  observe(on, at) {
    const file = on.files[at.dropIn]
    if (!file) return null
    const effective = on.sshd[at.user] ?? {}
    const values: Record<string, unknown> = {}
    for (const setting of at.asked.filter(isPlain)) {
      const text = effective[setting.toLowerCase()]
      const value = text === undefined ? undefined : readers[setting](text)
      if (value !== undefined && !Number.isNaN(value)) values[setting] = value
    }
    const unread = on.unread.includes(at.dropIn) ? ' (sshd has not read it)' : ''
    const late = !unread && whyLate(on, at) !== null ? notFirst : ''
    const older = !unread && !late && on.outlived.includes(at.dropIn) ? outlived : ''
    const own = at.own ? observeOwn(at.own, on, file.text) : {}
    const whole = textOn(on, at)
    const sum = sha256(file.text === whole ? at.text : file.text)
    const lacks = file.text === at.text && at.text !== whole ? idleCloses : ''
    return {
      dropIn: at.dropIn,
      dropInSha256: sum + oddity(file) + lacks + unread + late + older,
      ...values,
      ...own,
    }
  },

  told: (on, at) => (at.own ? toldOwn(at.own, on) : {}),

  owner(on, { dropIn }) {
    const file = on.files[dropIn]
    if (!file) return null
    return readMark(file.text)?.owner ?? (isMarked(file.text) ? null : stranger)
  },

  ownedBy: (_on, { dropIn }) => dropIn,

  plan(want, have, on, at) {
    // sshd applies a change to new sessions only (tried with 9.2p1): the account's old one has to go.
    const ends = have || on.sessions.includes(at.user) ? stepsToEnd(at.user) : []
    if (!want) {
      return have
        ? [{ why: `remove ${at.dropIn}`, phase: 'sshd', verb: 'sshd_remove', args: [at.dropIn] }, ...ends]
        : []
    }
    if (have && have.dropInSha256 === want.dropInSha256) return []
    if (have && have.dropInSha256 === want.dropInSha256 + outlived) return ends
    const why = whyLate(on, at)
    const stands =
      have?.dropInSha256 === sha256(on.files[at.dropIn]?.text ?? '') ? on.files[at.dropIn]?.text : undefined
    const goesOn = stands !== undefined && at.user !== '*' && isSealed(stands) && isNoWider(textOn(on, at), stands)
    return [
      ...(goesOn ? [stepToNote(at.dropIn)] : []),
      ...(why === null ? [] : [stepToInclude(on.sshdMain, why)]),
      {
        why: `${at.user === '*' ? 'set sshd' : `allow ${at.user} its forward`} in ${at.dropIn}`,
        phase: 'sshd',
        verb: 'sshd_put',
        args: [at.dropIn],
        content: textOn(on, at),
        ...(at.user === '*' ? { shows: changedLines(on.files[at.dropIn]?.text ?? '', at.text) } : {}),
      },
      ...(goesOn ? [stepToKeep(at.dropIn)] : ends),
    ]
  },

  checks(want, on, at, host) {
    const stands = on.files[at.dropIn]?.text === textOn(on, at) && whyLate(on, at) === null
    const entry = at.user === '*' ? [] : [letsIn(on, { ...comingFrom(at), stands }, host)]
    const itself = at.itself === undefined ? [] : [answersItself(on, at.itself, host)]
    const own = at.own ? checksOfOwn(at.own, on, host) : []
    const isTold = !stands || on.unread.includes(at.dropIn)
    const isAsked = at.admin !== undefined || (on.admission?.unread.length ?? 0) > 0
    const admin = isTold && isAsked ? [admits(on, host)] : []
    return [...validity(on, at.dropIn, host), ...own, ...entry, ...itself, lets(want, on, at, host), ...admin]
  },

  explain: (_want, { dropIn, user, text }) => ({
    what: dropIn,
    why:
      user === '*'
        ? 'what sshd should do for everybody; each value is read back, as sshd has it'
        : `what ${user} may do at this sshd, and how it is let in; each value is read back, as sshd has it for this account`,
    lines: explainDropIn(text, user),
    onlyHostTells:
      'whether sshd reads such files first (else two lines at the top of its configuration bring them)' +
      (user === '*'
        ? ''
        : ', and whether it closes what is idle (then a line for each such limit lifts it for the account)'),
  }),
}

/** What is new, and what goes without another line in its place. */
function changedLines(before: string, after: string): string {
  const linesOf = (text: string) => text.split('\n').filter(line => line.trim() !== '' && !line.startsWith('#'))
  const keywordsOf = (lines: readonly string[]) => lines.map(line => line.split(' ')[0]?.toLowerCase())
  const [old, wanted] = [linesOf(before), linesOf(after)]
  const gone = old.filter(line => !keywordsOf(wanted).includes(keywordsOf([line])[0]))
  const added = wanted.filter(line => !old.includes(line)).map(line => line.trim())
  return [...added, ...gone.map(line => `no ${line.trim()} any more`)].join('\n')
}

/** Who comes to this sshd and how, as our mark says it. */
function comingFrom({ user, text }: SshdAt) {
  const { client, server } = readMark(text)?.notes ?? {}
  const [address, port] = server?.split(' ') ?? []
  return {
    account: user,
    address: client ?? null,
    server: address === undefined ? null : { address, port: Number(port) },
  }
}

/** What the drop-in should say on this host. A middle's own settings leave everybody's alone. */
const textOn = (on: Snapshot, { text, user }: SshdAt): string => (user === '*' ? text : text + timeoutLines(on))

/** Stands behind the value of a drop-in that leaves what is idle to everybody's timeouts. */
const idleCloses = ' (sshd closes what is idle)'

/** Stands behind the value of a drop-in that sshd does not read, or reads after what may win over it. */
const notFirst = ' (sshd does not read it first)'

/** Why sshd has to be told to read ours first; null when it does, or has what ours says all the same. */
function whyLate(on: Snapshot, at: SshdAt): string | null {
  const { dropIn, user } = at
  const text = textOn(on, at)
  const late = whyNotFirst(on, dropIn, text)
  const effective = on.files[dropIn]?.text === text ? on.sshd[user] : undefined
  return late === null || (late.mayCount && effective && isInEffect(text, effective)) ? null : late.why
}

const stepToInclude = (main: string, why: string): Step => ({
  why: `let ${main} bring ours first: ${why}`,
  phase: 'sshd',
  verb: 'sshd_include',
  args: [main],
})

/** A session keeps the rights that it began with. */
export const stepsToEnd = (user: string): Step[] =>
  user === '*'
    ? []
    : [
        {
          why: `end sessions of ${user}`,
          phase: 'end',
          verb: 'sessions_end',
          args: [user],
          cuts: 'a session keeps the rights that it began with, and they change: a new one is begun',
        },
      ]

/** A session whose rights get no wider goes on: the file keeps its time, by which a look tells that a session is older. */
export const stepToNote = (path: string): Step => ({
  why: `note the time of ${path}`,
  phase: 'make',
  verb: 'since_note',
  args: [path],
})
export const stepToKeep = (path: string): Step => ({
  why: `let sessions go on that began before ${path} allowed less`,
  phase: 'end',
  verb: 'since_keep',
  args: [path],
})

function validity(on: Snapshot, dropIn: string, host: string): Check[] {
  const link = 'sshd valid'
  if (on.sshdError !== null) {
    return [
      {
        link,
        host,
        status: 'fail',
        code: 'sshd-config-invalid',
        what: `the sshd configuration of ${host} does not validate, so nothing was changed`,
        evidence: `sshd -t says:\n${on.sshdError}`,
        cure: `mend that on ${host} first`,
      },
    ]
  }
  if (!on.sshdIncludes) {
    return [
      {
        link,
        host,
        status: 'fail',
        code: 'sshd-no-include',
        what: `sshd on ${host} is too old to read a file of ours`,
        evidence: `it takes no Include, which OpenSSH has since 8.2: nothing in ${on.sshdMain} would bring ${dropIn}`,
        cure: `install OpenSSH 8.2 or later on ${host}`,
      },
    ]
  }
  return [ok({ link, host }, `the sshd configuration of ${host} validates`)]
}

/** Effective values against the wanted ones; where our drop-in stands as wanted and does not win, no deploy puts that right. */
function lets(want: Readonly<Record<string, unknown>>, on: Snapshot, at: SshdAt, host: string): Check {
  const asked = { link: 'sshd lets it', host } as const
  const whom = at.user === '*' ? 'everybody' : at.user
  const have = sshd.observe(on, at) as Readonly<Record<string, unknown>> | null
  const mending = { ...asked, status: 'fail', code: 'not-converged', cure: 'deploy', mends: true } as const
  if (have?.dropInSha256 === `${String(want.dropInSha256)}${outlived}`)
    return { ...mending, what: `a session of ${whom} on ${host} began before ${at.dropIn} said what it may` }
  const wrong = findWrongValues(want, on, at)
  const [first] = wrong
  if (!have || have.dropInSha256 !== want.dropInSha256) {
    const what = first ? `${first.says}${first.so}` : `${at.dropIn} on ${host} is not what sets sshd for ${whom}`
    const why = !have
      ? `${at.dropIn} is away`
      : on.unread.includes(at.dropIn)
        ? `sshd has not read ${at.dropIn}`
        : (whyLate(on, at) ?? `${at.dropIn} was changed`)
    return { ...mending, what, evidence: [why, ...wrong.slice(1).map(({ says }) => says)].join('\n') }
  }
  const others = at.asked.filter(
    setting => have[setting] !== null && JSON.stringify(have[setting]) !== JSON.stringify(want[setting]),
  )
  if (others.length === 0) return ok(asked, `sshd on ${host} has the wanted values for ${whom}${describeValues(want)}`)
  const lines = others.map(setting => {
    const winner = whoWins(on, at, setting, have[setting])
    return `sshd.${setting} on ${host} is ${JSON.stringify(have[setting])}, not ${JSON.stringify(want[setting])}${winner ? `: ${winner} wins` : ''}`
  })
  return {
    ...asked,
    status: 'fail',
    code: 'sshd-overruled',
    what: first
      ? `${first.says}${first.so}, although our drop-in is there`
      : `sshd on ${host} has other values for ${whom} than ours, although our drop-in is there`,
    evidence: lines.join('\n'),
    cure: `take that line away on ${host}, or let it not match ${whom}, and reload sshd`,
  }
}
