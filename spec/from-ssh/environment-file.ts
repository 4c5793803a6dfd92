// A file of variables beside a unit, as systemd reads it (systemd.exec(5), EnvironmentFile=). No shell reads it: nothing is put in.

/** Reads what an EnvironmentFile= names: the files that fit the pattern; the text of one that is there and cannot be read is null. */
export type Besides = (pattern: string) => readonly { readonly name: string; readonly text: string | null }[]

/** By name; of two lines of one name the later holds. What is no assignment is left out, as systemd does. */
export function readEnvironment(text: string): Readonly<Record<string, string>> {
  const found: [string, string][] = []
  let at = 0
  while (at < text.length) {
    const rest = text.slice(at)
    // A backslash at the end of a comment makes nothing of the next line.
    const skipped = /^(?:[ \t]*(?:[#;][^\n]*)?)(?:\r?\n|$)/.exec(rest)
    if (skipped) {
      at += Math.max(1, skipped[0].length)
      continue
    }
    const name = /^[ \t]*([A-Za-z_]\w*)[ \t]*=[ \t]*/.exec(rest)
    if (!name) {
      at += /^[^\n]*\n?/.exec(rest)?.[0].length ?? rest.length
      continue
    }
    const [value, length] = readValue(rest.slice(name[0].length))
    found.push([name[1] ?? '', value])
    at += name[0].length + length
  }
  return Object.fromEntries(found)
}

/** Up to the end of its line; quotes hold line ends too. */
function readValue(text: string): readonly [value: string, length: number] {
  let [value, kept, at, quote] = ['', 0, 0, '']
  const add = (more: string, length: number, isBlank = false) => {
    value += more
    at += length
    if (!isBlank) kept = value.length
  }
  for (let one = text[at]; one !== undefined && (one !== '\n' || quote !== ''); one = text[at]) {
    const next = text[at + 1] ?? ''
    if (one === '\\' && quote !== "'") {
      if (next === '\n') at += 2
      else if (quote === '"' && !/["\\`$]/.test(next)) add('\\', 1)
      else add(next, 1 + next.length)
    } else if (quote === '' ? /["']/.test(one) && value === '' : one === quote) {
      quote = quote === '' ? one : ''
      at++
      kept = value.length
    } else add(one, 1, quote === '' && /\s/.test(one))
  }
  // Blanks at the end are none of it.
  return [value.slice(0, kept), at + 1]
}
