// What --help prints: all commands with an example each, or one command in full.
import { type Command, type CommandName, commands, type Option, options } from './commands'

const exitCodes = `Exit status:
  0    done, or nothing to do
  1    an error; what could be done in spite of it is done
  2    plan --detailed-exitcode: there are changes
  130  stopped by Ctrl-C (or SIGTERM)`

export function helpAll(): string {
  const all = Object.values<Command>(commands).map(
    ({ usage, says, example }) => `  ${usage}\n      ${says}\n      ${example}\n`,
  )
  return `Publishes private services through a relay over SSH, as a YAML spec declares them.

usage: ssh-tunnels COMMAND SPEC [OPTION...]

${all.join('\n')}
  help COMMAND    all about one command
  --version

${exitCodes}
`
}

export function helpOne(name: CommandName): string {
  const { usage, says, example, more, options: names }: Command = commands[name]
  const rows = names.map((option): Option => options[option])
  const width = Math.max(0, ...rows.map(row => row.usage.length))
  const described = rows.map(row => `  ${row.usage.padEnd(width)}  ${row.says}`)
  return `usage: ssh-tunnels ${usage}${rows.length > 0 ? ' [OPTION...]' : ''}

${says[0]?.toUpperCase()}${says.slice(1)}.

  ${example}

${more}
${described.length > 0 ? `\nOptions:\n${described.join('\n')}\n` : ''}
${exitCodes}
`
}
