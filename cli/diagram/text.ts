// All tunnels of a spec in plain text, a line each. Pure.
import type { Route } from '../../engine'
import { plain } from '../../schemas/plain'
import { groupRoutes, listenWords, overWords, portWords, senderWords, sshWords, visitorLines } from './group'

const over = (route: Route) => (overWords(route) ? `[${overWords(route)}]==` : '')

export function drawText(routes: readonly Route[]): string {
  if (routes.length === 0) return 'no tunnels\n'
  const sorted = groupRoutes(routes).flatMap(({ dialling }) => dialling.flatMap(({ routes }) => routes))
  const rows = sorted.map(route => {
    const { name, listens, ssh, dials, far } = route
    const into = `--${listenWords(route)}-->`
    const out = `--${portWords(route)}-->`
    return [
      name,
      visitorLines(route).join(', '),
      into,
      `${listens.host} ${listens.endpoint}`,
      ssh ? `==${sshWords(route).replaceAll(' ', '')}==${over(route)}>` : '',
      ssh ? dials : '',
      out,
      `${far.endpoint} (${senderWords(route)})`,
    ]
  })
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0))) ?? []
  const lines = rows.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  return `${plain(lines.join('\n'))}\n\n==ssh==>  encrypted, with who begins it and the port of the sshd\n--:80-->  as the service itself speaks, to that port\n`
}
