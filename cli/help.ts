// What --help prints: all commands with an example each, or one command in full.
import { type Command, usageOf } from './command'
import { commands } from './commands'
import { exitCodes } from './exit-codes'

const statuses = `Exit status:\n${exitCodes.map(([code, says]) => `  ${code.padEnd(4)} ${says}`).join('\n')}`

export function helpAll(): string {
  const all = commands
    .filter(({ hidden }) => !hidden)
    .map(command => `  ${usageOf(command)}\n      ${command.says}\n      ${command.example}\n`)
  return `Publishes private services through a relay over SSH, as a YAML spec declares them.

usage: ssh-tunnels COMMAND [ARGUMENT...] [OPTION...]

${all.join('\n')}
  help COMMAND    all about one command
  --version

${statuses}
`
}

export function helpOne(command: Command): string {
  const { says, example, more, options } = command
  const rows = Object.values(options).map(
    ({ usage, short, says }) => [short ? `-${short}, ${usage}` : usage, says] as const,
  )
  const width = Math.max(0, ...rows.map(([usage]) => usage.length))
  const described = rows.map(([usage, says]) => `  ${usage.padEnd(width)}  ${says}`)
  return `usage: ssh-tunnels ${usageOf(command)}${rows.length > 0 ? ' [OPTION...]' : ''}

${says[0]?.toUpperCase()}${says.slice(1)}.

  ${example}

${more}
${described.length > 0 ? `\nOptions:\n${described.join('\n')}\n` : ''}
${statuses}
`
}
