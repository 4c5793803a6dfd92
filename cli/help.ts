// What --help prints: all commands with an example each, or one command in full. Pure; `width` is of a line.
import { type Command, usageOf } from './command'
import { commands } from './commands'
import { exitCodes } from './exit-codes'
import { paragraphsOf, sentence } from './paragraphs'
import { wrap } from './terminal'

export function helpAll(width: number): string {
  const all = commands
    .filter(({ hidden }) => !hidden)
    .map(
      command => `${fill(usageOf(command), width, 2, 4)}\n${fill(command.says, width, 6)}\n      ${command.example}\n`,
    )
  return `${fill('Publishes private services through a relay over SSH, as a YAML spec declares them.', width)}

${fill('usage: ssh-tunnels COMMAND [ARGUMENT...] [OPTION...]', width, 0, 4)}

${all.join('\n')}
  help COMMAND    all about one command
  -V, --version   which version this is

${statuses(width)}
`
}

export function helpOne(command: Command, width: number): string {
  const { says, example, more, options } = command
  const rows = Object.values(options).map(
    ({ usage, short, says }) => [short ? `-${short}, ${usage}` : usage, says] as const,
  )
  const usage = `usage: ssh-tunnels ${usageOf(command)}${rows.length > 0 ? ' [OPTION...]' : ''}`
  // What stands apart is an example: it stays as it would be typed.
  const blocks = paragraphsOf(more).map(({ kind, lines }) =>
    kind === 'example' ? lines.map(line => `  ${line}`).join('\n') : fill(lines.join(' '), width),
  )
  return `${[
    fill(usage, width, 0, 4),
    fill(sentence(says), width),
    `  ${example}`,
    ...blocks,
    ...(rows.length > 0 ? [`Options:\n${table(rows, width)}`] : []),
    statuses(width),
  ].join('\n\n')}
`
}

const statuses = (width: number) => `Exit status:\n${table(exitCodes, width)}`

const fill = (text: string, width: number, indent = 0, more = indent) =>
  ' '.repeat(indent) + wrap(text, width - more, more)

/** Two columns; where the second one would be narrow it stands below the first. */
function table(rows: readonly (readonly [head: string, says: string])[], width: number): string {
  const heads = Math.max(...rows.map(([head]) => head.length))
  const indent = heads + 4
  const isNarrow = indent > width / 2
  return rows
    .map(([head, says]) =>
      isNarrow
        ? `  ${head}\n${fill(says, width, 6)}`
        : `  ${head.padEnd(heads)}  ${wrap(says, width - indent, indent)}`,
    )
    .join('\n')
}
