// All tunnels of a spec as a picture, in SVG text that stands alone and fits a page of either colour. Pure.
import type { Route } from '../../engine'
import { plain } from '../../schemas/plain'
import { type Arrow, type Box, layOut, shorten, type Text } from './layout'

const style = `
    svg { color-scheme: light dark }
    text { font: 13px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #1f2328 }
    .head, .small, .label { font-size: 11px; fill: #59636e }
    .secure { font-size: 11px; fill: #0a6b2c }
    .host, .name { font-weight: 600 }
    rect.paper { fill: #ffffff; stroke: #d1d9e0 }
    rect.host { fill: #eef2f7; stroke: #8c959f }
    rect.listener, rect.far, rect.visitors { fill: #ffffff; stroke: #8c959f }
    rect.visitors { stroke-dasharray: 3 3 }
    .line { stroke: #59636e; stroke-width: 1.5; fill: none }
    .line.secure { stroke: #1a7f37; stroke-width: 4 }
    .line.inside { stroke-dasharray: 4 3 }
    .tip { fill: #59636e } .tip.secure { fill: #1a7f37 }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc }
      .head, .small, .label { fill: #9198a1 }
      .secure { fill: #56d364 }
      rect.paper { fill: #0d1117; stroke: #3d444d }
      rect.host { fill: #1c232c; stroke: #656c76 }
      rect.listener, rect.far, rect.visitors { fill: #0d1117; stroke: #656c76 }
      .line { stroke: #9198a1 } .line.secure { stroke: #3fb950 }
      .tip { fill: #9198a1 } .tip.secure { fill: #3fb950 }
    }`

/** `title` is what a reader of the page is told who does not see the picture. */
export function drawSvg(routes: readonly Route[], title: string): string {
  const { width, height, boxes, arrows, texts } = layOut(routes)
  const legendY = height - 12
  const legend: Arrow[] = [
    { from: 16, to: 46, y: legendY - 4, kind: 'secure' },
    { from: 196, to: 226, y: legendY - 4, kind: 'plain' },
  ]
  const words: Text[] = [
    { x: 54, y: legendY, text: 'encrypted by ssh', role: 'small', anchor: 'start' },
    { x: 234, y: legendY, text: 'as the service speaks', role: 'small', anchor: 'start' },
  ]
  const whole = Math.max(width, 400)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${whole} ${height}" width="${whole}" height="${height}" role="img" aria-labelledby="title desc">
  <title id="title">${asText(title)}</title>
  <desc id="desc">${asText(routes.map(describe).join(' '))}</desc>
  <style>${style}
  </style>
  <rect class="paper" x="0.5" y="0.5" width="${whole - 1}" height="${height - 1}" rx="8"/>
${[...boxes.map(drawBox), ...[...arrows, ...legend].map(drawArrow), ...[...texts, ...words].map(drawText)].map(line => `  ${line}\n`).join('')}</svg>
`
}

const describe = ({ name, listens, ssh, dials, far }: Route): string =>
  `${name}: ${listens.host} listens on ${listens.endpoint}${ssh ? `, encrypted to ${dials}` : ''}, which dials ${far.endpoint}.`

const drawBox = ({ x, y, width, height, role }: Box): string =>
  `<rect class="${role}" x="${x}" y="${y}" width="${width}" height="${height}" rx="5"/>`

function drawArrow({ from, to, y, kind }: Arrow): string {
  const line = `<path class="line ${kind}" d="M${from} ${y}H${to - 7}"/>`
  const half = kind === 'secure' ? 7 : 4.5
  return `${line}<path class="tip ${kind}" d="M${to - 9} ${y - half}L${to - 1} ${y}L${to - 9} ${y + half}z"/>`
}

function drawText({ x, y, text, role, anchor }: Text): string {
  const shown = shorten(text)
  const whole = shown === text ? '' : `<title>${asText(text)}</title>`
  return `<text class="${role}" x="${x}" y="${y}"${anchor === 'middle' ? ' text-anchor="middle"' : ''}>${whole}${asText(shown)}</text>`
}

/** Text is text, whatever it says; and what XML has no place for is replaced. */
const asText = (text: string): string =>
  plain(text)
    .replace(/[\uFFFE\uFFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, '\uFFFD')
    .replace(/[&<>"']/g, one => `&#${one.charCodeAt(0)};`)
