// What a part says of itself to people: what it puts where, line by line, each with its reason and the manual page that tells of it.

export interface Reason {
  readonly why: string
  /** As man(1) names it: sshd_config(5). */
  readonly page: string
}

export interface Line extends Reason {
  /** As it stands on the host, or as one would type it there. */
  readonly text: string
}

export interface Explained {
  /** A path or a name. */
  readonly what: string
  /** Why it is there at all. */
  readonly why: string
  readonly lines: readonly Line[]
  /** What no spec tells, and only a look at the host does. */
  readonly onlyHostTells?: string
}

/** Reasons by the word with which a line begins, or by the whole line where that means something else. */
export type Reasons = Readonly<Record<string, string>>

/** The lines of a text that do something, each with its reason. Throws for a line that nobody gives a reason for: a test reads every text. */
export function giveReasons(lines: readonly string[], reasons: Reasons, page: string): Line[] {
  return lines.map(text => {
    const line = text.trim()
    const word = /^[A-Za-z0-9]+/.exec(line)?.[0] ?? line
    const [why] = [line, word].flatMap(one => (Object.hasOwn(reasons, one) ? (reasons[one] ?? []) : []))
    if (why === undefined) throw new Error(`no reason for ${JSON.stringify(text)}`)
    return { text, why, page }
  })
}
