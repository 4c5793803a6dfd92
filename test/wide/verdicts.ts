// What auditors say of a host, a verdict a line, and what differs after a deploy.

export interface Verdict {
  readonly says: string
  /** How bad its auditor finds that: 0 is good, 1 neither, 2 to be looked at, 3 bad. */
  readonly level: number
}
export type Verdicts = ReadonlyMap<string, Verdict>

const levels: Readonly<Record<string, number>> = { info: 0, warn: 2, fail: 3 }

/** ssh-audit's batch output: `(kex) NAME -- [warn] why`, where a line without a name goes on about the one before. */
export function verdictsOfSshAudit(text: string): Verdicts {
  const all = new Map<string, Verdict>()
  let about = ''
  for (const line of text.split('\n')) {
    const [, name, says, why] = /^(\(\w+\) .*?)?\s+(?:--|`-) \[(info|warn|fail)\] (.*)$/.exec(line) ?? []
    about = name ?? about
    if (says !== undefined) all.set(`${about}: ${why}`, { says, level: levels[says] ?? 1 })
    else if (line.startsWith('(')) all.set(line, { says: 'info', level: 0 })
  }
  return all
}

const esc = String.fromCharCode(27)
const control = new RegExp(`${esc}\\[[0-9;]*[A-Za-z]`, 'g')
const coloured = new RegExp(`.*\\[ ${esc}\\[1;(\\d+)m`)
/** Lynis' words are many and mean now this, now that (`FOUND`): its colour says what it makes of them. Green, yellow and red; others are white. */
const colours: Readonly<Record<string, number>> = { 32: 0, 33: 2, 31: 3 }

/** Lynis' screen: sections `[+] NAME`, and in each `- TEXT [ VERDICT ]`; the warnings, suggestions and index of its report. */
export function verdictsOfLynis(screen: string, report: string): Verdicts {
  const all = new Map<string, Verdict>()
  let section = ''
  for (const line of screen.split('\n')) {
    // It moves the cursor where others print blanks.
    const blank = line.replace(control, ' ')
    section = /^\s*\[\+\]\s+(.*?)\s*$/.exec(blank)?.[1] ?? section
    const [, text, says = ''] = /^\s+- (.*?)\s+\[ +(.*?) +\]\s*$/.exec(blank) ?? []
    // Of a unit Lynis 3.1 also says how exposed it is, by a number: its verdict is what it makes of that.
    const about = text?.replace(/:$| \(value=[\d.]+\)$/, '')
    const colour = coloured.exec(line)?.[1] ?? ''
    if (about !== undefined) all.set(`${section}: ${about}`, { says, level: colours[colour] ?? 1 })
  }
  for (const line of report.split('\n')) {
    const [, kind, what] = /^(warning|suggestion)\[\]=(.*)$/.exec(line) ?? []
    if (what !== undefined) all.set(`${kind} ${what}`, { says: kind ?? '', level: kind === 'warning' ? 3 : 2 })
  }
  return all
}

export const indexOfLynis = (report: string): number => Number(/^hardening_index=(\d+)$/m.exec(report)?.[1])

export interface Difference {
  readonly about: string
  readonly before: string | undefined
  readonly after: string | undefined
  readonly worse: boolean
}

/** What is new has to be good. */
export function differences(before: Verdicts, after: Verdicts): Difference[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap(about => {
    const [was, is] = [before.get(about), after.get(about)]
    if (was?.says === is?.says && was?.level === is?.level) return []
    const worse = is !== undefined && is.level > (was?.level ?? 0)
    return [{ about, before: was?.says, after: is?.says, worse }]
  })
}
