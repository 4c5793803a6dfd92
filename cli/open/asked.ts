// What is to be opened: a tunnel of a spec, or a line like that of ssh, read and judged as far as this machine can.
import { plain } from '../../schemas/plain'
import { formatProblems, readSpec } from '../../spec'
import { findMisplaced, readLogin, readProcess } from '../../spec/from-ssh'
import { type Option, type Words, WrongWords } from '../command'
import { addressesOfName, ownAddresses } from '../here'
import { isName } from '../open-state'
import { readEstate } from '../read-estate'
import { readOrSay } from '../read-or-say'
import { renderMisplaced } from '../render-adopt'
import { type How, openLine, openTunnel, type ToOpen } from '../ssh-args'

const many = 'may be given more than once'
export const lines: Readonly<Record<string, Option>> = {
  local: {
    usage: '--local FORWARD',
    short: 'L',
    says: `[ADDRESS:]PORT:HOST:PORT, or with slashes, or sockets: listens here; ${many}`,
    takesValue: true,
  },
  remote: {
    usage: '--remote FORWARD',
    short: 'R',
    says: `the same the other way round: listens at the destination; ${many}`,
    takesValue: true,
  },
  dynamic: {
    usage: '--dynamic FORWARD',
    short: 'D',
    says: `[ADDRESS:]PORT: a SOCKS proxy here; ${many}`,
    takesValue: true,
  },
}
/** What of ssh's own options goes to it as it is. */
export const passed: Readonly<Record<string, Option & { readonly short: string }>> = {
  port: { usage: '--port PORT', short: 'p', says: "the destination's port", takesValue: true },
  user: { usage: '--user USER', short: 'l', says: 'the login there', takesValue: true },
  identity: { usage: '--identity FILE', short: 'i', says: `a private key; ${many}`, takesValue: true },
  jump: { usage: '--jump HOSTS', short: 'J', says: 'jump hosts on the way', takesValue: true },
  option: {
    usage: '--option OPTION',
    short: 'o',
    says: `a line of ssh_config(5), where it does not contradict ours; ${many}`,
    takesValue: true,
  },
  gateway: { usage: '--gateway', short: 'g', says: 'listen on all addresses where none is named' },
}

export interface Asked {
  readonly name: string
  prepare(folder: string, how: How): ToOpen
}

/** Null where it has been said why not. @throws WrongWords */
export async function readAsked(words: Words): Promise<Asked | null> {
  const given = words.argumentsOf('DESTINATION')
  const flags = Object.entries(lines).flatMap(([key, { short }]) =>
    words.valuesOf(key).flatMap(value => [`-${short}`, value]),
  )
  const named = words.valueOf('name')
  if (named !== undefined && !isName(named))
    throw new WrongWords(`--name ${named}: letters, digits, dots, hyphens and underscores`)
  const [first, second, ...rest] = given
  if (flags.length === 0) {
    if (first === undefined || second === undefined || rest.length > 0)
      throw new WrongWords('say SPEC TUNNEL, or -L, -R or -D and a destination')
    const tunnel = readOrSay('open', first, words.has('json'), () => {
      readEstate(first, [second])
      return readSpec(first).declared.find(({ name }) => name === second)
    })
    return tunnel ? { name: named ?? tunnel.name, prepare: (folder, how) => openTunnel(tunnel, folder, how) } : null
  }
  if (first === undefined || second !== undefined) throw new WrongWords('say one destination: [USER@]HOST')
  const more = Object.entries(passed).flatMap(([key, { short, takesValue }]) =>
    takesValue ? words.valuesOf(key).flatMap(value => [`-${short}`, value]) : words.has(key) ? [`-${short}`] : [],
  )
  const argv = ['ssh', '-N', ...more, ...flags, '--', first]
  const { found, problems, shown } = readProcess(argv, 'the command')
  if (!found) throw new WrongWords(plain(formatProblems(problems, shown)))
  const here = { addresses: ownAddresses(), destination: await addressesOfName(found.destination.host) }
  const misplaced = findMisplaced(found, here)
  if (misplaced.length > 0) throw new WrongWords(misplaced.flatMap(renderMisplaced).join('\n'))
  const port = found.forwards.map(({ listen }) => (listen.kind === 'tcp' ? listen.port : 'socket'))[0]
  const name = named ?? `${port}-${(readLogin(first)?.host ?? 'host').replace(/[^A-Za-z0-9.-]/g, '-')}`.slice(0, 60)
  return {
    name,
    prepare: (_folder, how) => openLine({ forwards: found.forwards, destination: first, more }, how),
  }
}
