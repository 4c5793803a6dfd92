// How the demo speaks: headings with the time since the start, commands, and what must be true.
const started = Date.now()
const colour = process.stdout.isTTY && !process.env.NO_COLOR
const paint = (code: number, text: string) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text)
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`

/** A chapter of the story. */
export function chapter(title: string): void {
  console.log(`\n${paint(1, `== ${title}`)} ${paint(2, `(${seconds(Date.now() - started)})`)}`)
}

/** A command as one would type it, and where. */
export const typed = (where: string, command: string): void => console.log(`${paint(36, `${where}$`)} ${command}`)

export const show = (text: string): void => console.log(text.replace(/\s*$/, '').replace(/^/gm, '    '))

/** What has to be so: the demo ends there when it is not. */
export function must(holds: boolean, sentence: string, evidence = ''): void {
  console.log(`${holds ? paint(32, '  ok   ') : paint(31, '  FAIL ')}${sentence}`)
  if (!holds) throw new Error(evidence ? `${sentence}\n${evidence}` : sentence)
}

/** On a terminal, a line that stands while something works. */
export async function working<T>(sentence: string, work: Promise<T>): Promise<T> {
  if (!process.stdout.isTTY) return work
  process.stdout.write(paint(2, `    ${sentence}`))
  try {
    return await work
  } finally {
    process.stdout.write('\r\x1b[K')
  }
}

/** Waits until a check gives something, and says how long that took. */
export async function waitFor<T>(sentence: string, check: () => Promise<T | null>, patienceMs = 60_000): Promise<T> {
  const from = Date.now()
  for (;;) {
    const found = await check()
    if (found !== null) {
      must(true, `${sentence} (after ${seconds(Date.now() - from)})`)
      return found
    }
    if (Date.now() - from > patienceMs) must(false, `${sentence}, within ${seconds(patienceMs)}`)
    await new Promise(resolve => setTimeout(resolve, 200))
  }
}

export const elapsed = (): string => seconds(Date.now() - started)
