// What auditors say of a host, a verdict a line, and what differs after a deploy.

export type Verdicts = ReadonlyMap<string, string>

/** ssh-audit's batch output: `(kex) NAME -- [warn] why`, where a line without a name goes on about the one before. */
export function verdictsOfSshAudit(text: string): Verdicts {
  const all = new Map<string, string>()
  let about = ''
  for (const line of text.split('\n')) {
    const [, name, level, why] = /^(\(\w+\) .*?)?\s+(?:--|`-) \[(info|warn|fail)\] (.*)$/.exec(line) ?? []
    about = name ?? about
    if (level !== undefined) all.set(`${about}: ${why}`, level)
    else if (line.startsWith('(')) all.set(line, 'info')
  }
  return all
}

const cursor = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*[A-Za-z]`, 'g')

/** Lynis' screen: sections `[+] NAME`, and in each `- TEXT [ VERDICT ]`; the warnings, suggestions and index of its report. */
export function verdictsOfLynis(screen: string, report: string): Verdicts {
  const all = new Map<string, string>()
  let section = ''
  // It moves the cursor where others print blanks.
  const blank = screen.replace(cursor, ' ')
  for (const line of blank.split('\n')) {
    section = /^\s*\[\+\]\s+(.*)$/.exec(line)?.[1] ?? section
    const [, text, verdict] = /^\s+- (.*?)\s+\[ (.*) \]\s*$/.exec(line) ?? []
    if (text !== undefined && verdict !== undefined) all.set(`${section}: ${text.replace(/:$/, '')}`, verdict)
  }
  for (const line of report.split('\n')) {
    const [, kind, what] = /^(warning|suggestion)\[\]=(.*)$/.exec(line) ?? []
    if (what !== undefined) all.set(`${kind} ${what}`, kind === 'warning' ? 'WARNING' : 'SUGGESTION')
  }
  return all
}

export const indexOfLynis = (report: string): number => Number(/^hardening_index=(\d+)$/m.exec(report)?.[1])

/** From good to bad; what is not named is neither. */
const ladder = [
  ['OK', 'PROTECTED', 'FOUND', 'ENABLED', 'DONE', 'info'],
  ['MEDIUM', 'PARTIALLY HARDENED', 'EXPOSED', 'SUGGESTION', 'warn'],
  ['WARNING', 'UNSAFE', 'WEAK', 'DANGEROUS', 'fail'],
]
const rank = (verdict: string | undefined) => (verdict ? ladder.findIndex(step => step.includes(verdict)) : -1)

export interface Difference {
  readonly about: string
  readonly before: string | undefined
  readonly after: string | undefined
  readonly worse: boolean
}

export function differences(before: Verdicts, after: Verdicts): Difference[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap(about => {
    const [was, is] = [before.get(about), after.get(about)]
    return was === is ? [] : [{ about, before: was, after: is, worse: rank(is) > Math.max(rank(was), 0) }]
  })
}
