// The manual page ssh-tunnels(1), in man(7), from the table of commands. Pure.
import { type Command, usageOf } from '../cli/command'
import { exitCodes } from '../cli/exit-codes'
import { paragraphsOf, sentence } from '../cli/paragraphs'
import { wrap } from '../cli/terminal'

export function formatMan(commands: readonly Command[], version: string): string {
  const shown = commands.filter(({ hidden }) => !hidden)
  return [
    '.\\" Made by docs/generate.ts from the table of commands. Do not edit.',
    `.TH SSH\\-TUNNELS 1 "" "cdktf\\-ssh\\-tunnels ${text(version)}" "User Commands"`,
    '.SH NAME',
    'ssh\\-tunnels \\- publishes private services through a relay over SSH',
    '.SH SYNOPSIS',
    '.B ssh\\-tunnels',
    '.I COMMAND',
    '.RI [ ARGUMENT ...]\n.RI [ OPTION ...]',
    '.br',
    '.B ssh\\-tunnels help',
    '.RI [ COMMAND ]',
    '.SH DESCRIPTION',
    filled(
      'A tunnel is a chain: near starts it, middle exposes the port, far runs the service. The spec says which tunnels exist; the hosts hold what is ours, and there is no state file.',
    ),
    '.SH COMMANDS',
    ...shown.flatMap(formatCommand),
    '.SH EXIT STATUS',
    ...exitCodes.flatMap(([code, says]) => ['.TP', `.B ${code}`, line(says)]),
    '.SH ENVIRONMENT',
    ...described('NO_COLOR', 'set to anything: no colours, which stand on a terminal alone anyway'),
    ...described('SSH_AUTH_SOCK', 'the agent that signs logins, where a host has no identityFile'),
    ...described('HOME', 'where .ssh/known_hosts is looked for'),
    '.SH SEE ALSO',
    '.BR ssh (1),\n.BR sshd_config (5),\n.BR nft (8),\n.BR systemd.service (5)',
    '',
  ].join('\n')
}

function formatCommand(command: Command): string[] {
  const { says, example, more, options } = command
  const rows = Object.values(options).flatMap(({ usage, short, says }) =>
    described(short ? `-${short}, ${usage}` : usage, says),
  )
  return [
    `.SS ${text(usageOf(command))}`,
    filled(sentence(says)),
    ...block([example]),
    ...paragraphsOf(more).flatMap(({ kind, lines }) =>
      kind === 'example' ? block(lines) : ['.PP', filled(lines.join(' '))],
    ),
    ...rows,
  ]
}

const described = (word: string, says: string): string[] => ['.TP', `.B ${text(word)}`, filled(says)]

const block = (lines: readonly string[]): string[] => ['.PP', '.RS 4', '.nf', ...lines.map(line), '.fi', '.RE']

/** Of a word that may stand behind a request. */
const text = (words: string): string => words.replace(/\\/g, '\\e').replace(/-/g, '\\-').replace(/"/g, '\\(dq')

/** In lines that mandoc(1) does not find too long. */
const filled = (words: string): string => wrap(words, 72).split('\n').map(line).join('\n')

/** A line of its own; one that begins as a request does is none. */
const line = (words: string): string =>
  words
    .replace(/\\/g, '\\e')
    .replace(/-/g, '\\-')
    .replace(/^([.'])/, '\\&$1')
