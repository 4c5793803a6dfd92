// A command's help text as paragraphs and examples: what stands behind spaces is an example. Pure.
export interface Paragraph {
  readonly kind: 'text' | 'example'
  readonly lines: readonly string[]
}

export const paragraphsOf = (text: string): Paragraph[] =>
  text
    .split(/\n{2,}/)
    .filter(block => block.trim() !== '')
    .flatMap(block => {
      const runs: { readonly kind: Paragraph['kind']; readonly lines: string[] }[] = []
      for (const line of block.split('\n')) {
        const kind = line.startsWith('  ') ? 'example' : 'text'
        const shown = kind === 'example' ? line.slice(2) : line.trim()
        const last = runs.at(-1)
        if (last?.kind === kind) last.lines.push(shown)
        else runs.push({ kind, lines: [shown] })
      }
      return runs
    })

export const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
