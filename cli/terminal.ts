// What a terminal takes: colours only there and where nobody minds (no-color.org), and lines that fit.

interface Stream {
  readonly isTTY?: boolean
  readonly columns?: number
}

/** As most people read it who have no terminal. */
const usual = 100

export const takesColour = (stream: Stream): boolean => canDraw(stream) && !process.env.NO_COLOR

/** Whether lines that stand there can be written over. */
export const canDraw = ({ isTTY }: Stream): boolean => isTTY === true && process.env.TERM !== 'dumb'

/** Of a line. */
export const widthOf = ({ isTTY, columns }: Stream): number => (isTTY && columns ? Math.max(40, columns) : usual)

/** At spaces; a word that is too long stays whole. Every line after the first begins with `indent` spaces more. */
export function wrap(text: string, width: number, indent = 0): string {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(lines.length === 0 ? word : ' '.repeat(indent) + word)
  }
  return lines.join('\n')
}
