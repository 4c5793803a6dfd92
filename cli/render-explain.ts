// What explain says, for people: the way of a visitor, the command that a tunnel stands for, and each line that will stand on a host.
import type { Explanation, Route } from '../engine'
import { plain } from '../schemas/plain'
import { wrap } from './terminal'

export interface Look {
  /** Characters of a line. */
  readonly width: number
  readonly colour: boolean
}

export const renderExplanations = (explained: readonly Explanation[], look: Look): string =>
  explained.map(one => render(one, look)).join('\n')

function render({ type, name, tunnels, routes, command, theirs, parts }: Explanation, look: Look): string {
  const paint = painter(look)
  const fill = (text: string, indent: number, more = indent) => {
    const spaces = ' '.repeat(indent)
    return spaces + wrap(plain(text), look.width - indent, more)
  }
  const isShared = routes.length > 0 && !tunnels.includes(name)
  const lines = [paint.bold(plain(titleOf({ type, name, tunnels }))), '']
  if (!isShared) lines.push(...sayLabels(routes[0], fill))
  for (const route of routes) {
    const of = tunnels.includes(route.name) ? 'tunnel' : 'forward'
    if (route.name !== name) lines.push(paint.bold(plain(`${of} ${route.name}`)))
    if (isShared) lines.push(...sayLabels(route, fill))
    lines.push(...drawWay(route, look.width).map(plain), '')
  }
  if (command) {
    lines.push(plain(`On ${command.host} it stands for`), '', `  ${paint.bold(plain(command.text))}`, '')
    lines.push(
      fill(
        theirs?.side === 'client'
          ? 'Exactly, as its owner runs it with his key:'
          : `With the key of an apply, ${command.isUsers ? 'as the same user' : 'as root'}, when ${command.unit} is stopped:`,
        2,
      ),
      '',
      shellLines(command.asRoot, look.width),
      '',
    )
    if (command.onlyHostTells) lines.push(fill(`Only ${command.host} tells ${command.onlyHostTells}.`, 2), '')
  }
  if (theirs) {
    const makes = `${theirs.host} is not ours (managed: false): nobody logs in there, and nothing is made there. What its owner has to do, to be pasted: ssh-tunnels handover SPEC ${name}`
    lines.push(fill(makes, 0, 2), '')
  }
  for (const { host, what, why, lines: each, onlyHostTells } of parts) {
    lines.push(paint.bold(fill(`${host}: ${what}`, 0, 2)), fill(why, 2), '')
    for (const { text, why, page } of each) {
      lines.push(fill(text.trim(), 4, 8), paint.dim(fill(`${why} [${page}]`, 8)))
    }
    if (onlyHostTells) lines.push(`${each.length > 0 ? '\n' : ''}${fill(`Only the host tells ${onlyHostTells}.`, 2)}`)
    lines.push('')
  }
  return `${lines.join('\n').trimEnd()}\n`
}

function sayLabels(
  { labels = {} }: Partial<Route> = {},
  fill: (text: string, indent: number, more?: number) => string,
) {
  const each = Object.entries(labels).map(([name, text]) => `${name}=${text}`)
  return each.length === 0 ? [] : [fill(`labels: ${each.join(', ')}`, 2, 10), '']
}

function titleOf({ type, name, tunnels }: Pick<Explanation, 'type' | 'name' | 'tunnels'>): string {
  if (type === 'middle') return `settings of host ${name}`
  return tunnels.includes(name) ? `tunnel ${name}` : `shared connection ${name}`
}

/** As a shell takes it when it is copied: an option and its value stay together, and a backslash ends a line that goes on. */
function shellLines(command: string, width: number): string {
  const [first = '', ...rest] = plain(command).split(/ (?=-)/)
  const lines = [`    ${first}`]
  for (const word of rest) {
    const last = lines.at(-1) ?? ''
    if (last.length + word.length + 3 <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(`      ${word}`)
  }
  return lines.join(' \\\n')
}

const painter = ({ colour }: Look) => {
  const paint = (code: number) => (text: string) => (colour ? text.replace(/^.+$/gm, `\x1b[${code}m$&\x1b[0m`) : text)
  return { bold: paint(1), dim: paint(2) }
}

/** What goes through a jump host is encrypted from end to end. */
function sayJumps({ jumps = [] }: NonNullable<Route['ssh']>): string {
  const hosts = jumps.map(({ host, dialled }) => `${host} (${dialled})`)
  return hosts.length > 0 ? ` over ${hosts.join(', then ')}, where nobody can read it` : ''
}

/** The chain from top to bottom, with its links between; `#` is encrypted. */
function drawWay({ visitors, listens, ssh, dials, far, isInside, sender }: Route, width: number): string[] {
  const who =
    visitors === null
      ? 'anybody whom the network lets come'
      : visitors.length === 0
        ? `programs on ${listens.host} itself`
        : visitors.join(', ')
  const goal = far.address === null ? `what a visitor names by SOCKS (${far.endpoint})` : far.endpoint
  const rows: [string, string][] = [
    ['visitors', who],
    [
      '|',
      `to ${listens.port === null ? 'the socket' : `port ${listens.port}`}, as the service itself speaks: the tunnel encrypts nothing here`,
    ],
    [listens.host, `listens on ${listens.address}${listens.port === null ? '' : ` port ${listens.port}`}`],
  ]
  if (ssh) {
    rows.push(
      ['#', `encrypted by ssh, which ${ssh.client} begins to ${ssh.server} (${ssh.dialled})${sayJumps(ssh)}`],
      [dials, `dials ${goal}`],
    )
  } else {
    rows.push(['', `dials ${goal} by an ssh to itself, which encrypts nothing that leaves ${dials}`])
  }
  rows.push(
    [
      '|',
      isInside
        ? `inside ${dials}: over no network`
        : `${far.port === null ? '' : `to port ${far.port}, `}as the service itself speaks`,
    ],
    ['far', `${goal}${isInside ? ` on ${dials}` : ''}; sees the connection come from ${sender}`],
  )
  // Behind a longer head its text begins a line of its own.
  const widest = Math.floor(width / 4)
  const heads = Math.max(...rows.map(([head]) => head.length).filter(length => length <= widest))
  const indent = heads + 4
  return rows.map(([head, text]) => {
    const shown = `  ${head.length === 1 ? `  ${head}` : head}`
    const start = head.length <= heads ? shown.padEnd(indent) : `${shown}\n${' '.repeat(indent)}`
    return start + wrap(text, width - indent, indent)
  })
}
