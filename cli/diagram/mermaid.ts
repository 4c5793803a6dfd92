// All tunnels of a spec as a flowchart for Mermaid, which GitHub and GitLab draw in a README. Pure.
import type { Route } from '../../engine'
import { plain } from '../../schemas/plain'
import { groupRoutes, listenWords, overWords, portWords, senderWords, sshWords, visitorLines } from './group'

export function drawMermaid(routes: readonly Route[]): string {
  const groups = groupRoutes(routes)
  const fars = new Map<string, string>()
  const visitors = new Map<string, string>()
  const idOf = (ids: Map<string, string>, key: string, start: string) => {
    const id = ids.get(key) ?? `${start}${ids.size}`
    ids.set(key, id)
    return id
  }
  const boxes: string[] = []
  const links: string[] = []
  let at = 0
  for (const [number, { host, dialling }] of groups.entries()) {
    boxes.push(`  subgraph listens${number}[${quote(host)}]`)
    for (const [next, { host: dials, routes: some }] of dialling.entries()) {
      for (const route of some) {
        const listener = `tunnel${at++}`
        boxes.push(`    ${listener}[${quote(route.name, route.listens.endpoint)}]`)
        const visitor = idOf(visitors, visitorLines(route).join('\n'), 'visitors')
        const farText = [route.far.endpoint, senderWords(route)]
        const far = idOf(fars, farText.join('\n'), 'far')
        links.push(`  ${visitor} -- ${quote(listenWords(route))} --> ${listener}`)
        const dialler = `dials${number}x${next}`
        if (dials !== null)
          links.push(
            `  ${listener} == ${quote(sshWords(route), ...[overWords(route)].filter(Boolean))} ==> ${dialler}[${quote(dials)}]`,
          )
        links.push(
          `  ${dials === null ? listener : dialler} -- ${quote(`${route.name} ${portWords(route)}`)} --> ${far}`,
        )
      }
    }
    boxes.push('  end')
  }
  const ends = [
    ...[...visitors].map(([text, id]) => `  ${id}([${quote(...text.split('\n'))}])`),
    ...[...fars].map(([text, id]) => `  ${id}[${quote(...text.split('\n'))}]`),
  ]
  return `flowchart LR\n${[...boxes, ...ends, ...links].map(line => `${line}\n`).join('')}`
}

/** Text in quotes is Markdown and HTML to Mermaid: all but letters, digits and what is harmless stands as a number. */
const quote = (...lines: readonly string[]): string =>
  `"${lines.map(line => plain(line).replace(/[^\p{L}\p{N} .:,/()[\]_-]/gu, one => `#${one.codePointAt(0)};`)).join('<br/>')}"`
