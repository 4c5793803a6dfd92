// Where each box, line and text of the picture stands, in pixels. Pure.
import type { Route } from '../../engine'
import { groupRoutes, listenWords, overWords, portWords, senderWords, sshWords, visitorLines } from './group'

export interface Text {
  readonly x: number
  readonly y: number
  readonly text: string
  readonly role: 'head' | 'host' | 'name' | 'small' | 'label' | 'secure'
  readonly anchor: 'start' | 'middle'
}

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly role: 'host' | 'listener' | 'far' | 'visitors'
}

export interface Arrow {
  readonly from: number
  readonly to: number
  readonly y: number
  readonly kind: 'plain' | 'secure' | 'inside'
}

export interface Picture {
  readonly width: number
  readonly height: number
  readonly boxes: readonly Box[]
  readonly arrows: readonly Arrow[]
  readonly texts: readonly Text[]
}

/** Of a character: the widest of usual monospaced fonts has 0.61 of its size. */
const wide = { normal: 8, small: 6.75 } as const
const [margin, pad, head, row, between, gap] = [16, 10, 26, 58, 12, 18]
const longest = 48

/** Too long a text loses its middle: the ends tell names apart. */
export const shorten = (text: string): string =>
  text.length <= longest ? text : `${text.slice(0, longest / 2)}\u2026${text.slice(1 - longest / 2)}`

const widest = (texts: readonly string[], wide: number, least: number) =>
  Math.ceil(Math.max(least, ...texts.map(text => text.length * wide)) + 2 * pad)

export function layOut(routes: readonly Route[]): Picture {
  const groups = groupRoutes(routes)
  const hosts = groups.flatMap(({ host, dialling }) => [host, ...dialling.flatMap(({ host }) => host ?? [])])
  const fits = (texts: readonly string[]) => texts.map(shorten)
  const widths = {
    visitors: widest(fits(routes.flatMap(visitorLines)), wide.small, 60),
    listens: Math.max(
      widest(fits([...routes.map(({ name }) => name), ...groups.map(({ host }) => host)]), wide.normal, 60) + 2 * pad,
      widest(fits(routes.map(({ listens }) => listens.endpoint)), wide.small, 0) + 2 * pad,
    ),
    dials: widest(fits(hosts), wide.normal, 60),
    far: Math.max(
      widest(fits(routes.map(({ far }) => far.endpoint)), wide.normal, 60),
      widest(fits(routes.map(senderWords)), wide.small, 0),
    ),
  }
  const portGap = 74
  const sshGap = widest(fits(routes.map(overWords)), wide.small, 112 - 2 * pad)
  const visitorsX = margin
  const listensX = visitorsX + widths.visitors + portGap
  const dialsX = listensX + widths.listens + sshGap
  const farX = dialsX + widths.dials + portGap
  const width = farX + widths.far + margin

  const boxes: Box[] = []
  const arrows: Arrow[] = []
  const texts: Text[] = []
  const write = (x: number, y: number, text: string, role: Text['role'], anchor: Text['anchor'] = 'middle') =>
    texts.push({ x, y, text, role, anchor })

  let y = margin + 10
  write(visitorsX + widths.visitors / 2, y, 'visitors', 'head')
  write(listensX + widths.listens / 2, y, 'listens', 'head')
  if (groups.some(({ dialling }) => dialling.some(({ host }) => host !== null))) {
    write(dialsX + widths.dials / 2, y, 'dials', 'head')
  }
  write(farX + widths.far / 2, y, 'far', 'head')
  y += gap

  for (const { host, dialling } of groups) {
    const top = y
    write(listensX + pad, top + 18, host, 'host', 'start')
    y += head
    for (const [number, { host: dials, routes: some }] of dialling.entries()) {
      if (number > 0) y += between + (dials === null ? 0 : head)
      if (dials !== null) {
        boxes.push({ x: dialsX, y: y - head, width: widths.dials, height: head + some.length * row, role: 'host' })
        write(dialsX + pad, y - head + 18, dials, 'host', 'start')
      }
      for (const route of some) {
        placeRow(route, y)
        y += row
      }
    }
    boxes.unshift({ x: listensX, y: top, width: widths.listens, height: y - top + 2, role: 'host' })
    y += gap
  }

  function placeRow(route: Route, y: number): void {
    const middle = y + row / 2
    const [listensEnd, dialsEnd] = [listensX + widths.listens, dialsX + widths.dials]
    boxes.push({ x: visitorsX, y: y + 5, width: widths.visitors, height: row - 10, role: 'visitors' })
    const lines = visitorLines(route)
    for (const [at, line] of lines.entries()) {
      write(visitorsX + widths.visitors / 2, middle + 4 + (at - (lines.length - 1) / 2) * 14, line, 'small')
    }
    arrows.push({ from: visitorsX + widths.visitors, to: listensX + pad, y: middle, kind: 'plain' })
    write(visitorsX + widths.visitors + portGap / 2, middle - 7, listenWords(route), 'label')

    const inner = widths.listens - 2 * pad
    boxes.push({ x: listensX + pad, y: y + 5, width: inner, height: row - 10, role: 'listener' })
    write(listensX + widths.listens / 2, middle - 4, route.name, 'name')
    write(listensX + widths.listens / 2, middle + 13, route.listens.endpoint, 'small')
    if (route.ssh) {
      arrows.push({ from: listensEnd - pad, to: dialsX, y: middle, kind: 'secure' })
      write(listensEnd + sshGap / 2, middle - 8, sshWords(route), 'secure')
      if (overWords(route)) write(listensEnd + sshGap / 2, middle + 16, overWords(route), 'small')
    }
    const kind = route.isInside ? 'inside' : 'plain'
    // Inside the box of the host that dials a line shows where the way goes on.
    arrows.push({ from: route.ssh ? dialsEnd : listensEnd - pad, to: farX, y: middle, kind })
    write(dialsEnd + portGap / 2, middle - 7, portWords(route), 'label')

    boxes.push({ x: farX, y: y + 5, width: widths.far, height: row - 10, role: 'far' })
    write(farX + widths.far / 2, middle - 4, route.far.endpoint, 'name')
    write(farX + widths.far / 2, middle + 13, senderWords(route), 'small')
  }

  if (routes.length === 0) write(width / 2, y + 10, 'no tunnels', 'small')
  return { width, height: y + 26 + (routes.length === 0 ? 10 : 0), boxes, arrows, texts }
}
