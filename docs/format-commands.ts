// docs/command.md: all commands as their help has them, from the same table. Pure.
import { type Command, usageOf } from '../cli/command'
import { exitCodes } from '../cli/exit-codes'
import { paragraphsOf, sentence } from '../cli/paragraphs'

export function formatCommands(commands: readonly Command[]): string {
  const shown = commands.filter(({ hidden }) => !hidden)
  return `# The command ssh-tunnels

<!-- Made by docs/generate.ts from the table of commands. Do not edit. -->

The same as \`ssh-tunnels help COMMAND\` and \`man ssh-tunnels\` tell. What \`--json\` prints stands in [json.md](json.md). Tab completes commands, options, files, and the names
in a spec: see [completion](#completion-shell). Colours stand on a terminal alone, and not where \`NO_COLOR\` is set.

| exit status | what it means |
|---|---|
${exitCodes.map(([code, says]) => `| ${code} | ${says} |`).join('\n')}

${shown.map(formatCommand).join('\n')}`
}

function formatCommand(command: Command): string {
  const { says, example, more, options } = command
  const rows = Object.values(options).map(
    ({ usage, short, says }) => `| \`${short ? `-${short}, ` : ''}${usage}\` | ${says.replace(/\|/g, '\\|')} |`,
  )
  const blocks = paragraphsOf(more).map(({ kind, lines }) =>
    kind === 'example' ? code(lines) : `${lines.join('\n')}\n`,
  )
  return `## ${usageOf(command)}

${sentence(says)}

${[code([example]), ...blocks].join('\n')}${rows.length > 0 ? `\n| option | |\n|---|---|\n${rows.join('\n')}\n` : ''}`
}

const code = (lines: readonly string[]): string => `\`\`\`shell\n${lines.join('\n')}\n\`\`\`\n`
