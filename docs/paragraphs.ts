// A command's help text as paragraphs and examples: what stands behind spaces is an example. Pure.
export interface Paragraph {
  readonly kind: 'text' | 'example'
  readonly lines: readonly string[]
}

export const paragraphsOf = (text: string): Paragraph[] =>
  text
    .split(/\n{2,}/)
    .filter(block => block.trim() !== '')
    .map(block => {
      const lines = block.split('\n')
      const isExample = lines.every(line => line.startsWith('  '))
      return isExample
        ? { kind: 'example', lines: lines.map(line => line.slice(2)) }
        : { kind: 'text', lines: lines.map(line => line.trim()) }
    })

export const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
