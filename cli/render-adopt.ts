// What adopt has to say beside the YAML: rights that go, options that change, what it cannot take over, and where a line can run.
import { plain } from '../schemas/plain'
import type { Draft, Misplaced, Told } from '../spec/from-ssh'

export function renderAdopt(
  { adopted, notAdopted, toDo }: Draft,
  misplaced: readonly Misplaced[],
  notes: readonly string[],
): string {
  const lines = [
    ...misplaced.flatMap(renderMisplaced),
    ...adopted.flatMap(({ name, taken, options }) => [
      `tunnel ${name}: rights of today that go`,
      ...taken.map(one => `  - ${one}`),
      ...options.filter(({ kind }) => kind === 'lost' || kind === 'unknown').map(renderOption),
    ]),
    ...notAdopted.map(
      ({ file, line, column, command, why }) => `not adopted: ${command} (${file}:${line}:${column}): ${why}`,
    ),
    ...notes.map(note => `note: ${note}`),
    ...(toDo.length > 0 ? ['before the first apply:', ...toDo.map(one => `  - ${one}`)] : []),
    ...takeOver(adopted),
  ]
  return lines.length > 0 ? plain(`${lines.join('\n')}\n`) : ''
}

const renderOption = ({ written, value, kind, says }: Told) =>
  `  ${kind === 'unknown' ? '?' : '!'} ${[written, ...(value === 'yes' ? [] : [value])].filter(Boolean).join(' ')}: ${says}`

export function renderMisplaced({ says, instead, orElse, file, line, column }: Misplaced): string[] {
  return [
    `${file}:${line}:${column}  ${says}`,
    `  log in to it:    ${instead.login}`,
    `  and type there:  ${instead.command}`,
    ...(orElse ? [`  or type here:    ${orElse.command}`, `                   (${orElse.needs})`] : []),
  ]
}

function takeOver(adopted: Draft['adopted']): string[] {
  const stands = adopted.filter(({ from }) => from !== null)
  if (stands.length === 0) return []
  return [
    'to take over what runs: ssh-tunnels adopt --take-over SPEC applies the spec, stops each unit of these when all else is ready,',
    'and starts it again when that fails; a process without a unit you end yourself, right before: kill PID',
  ]
}
