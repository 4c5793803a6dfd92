// The pictures of explain --diagram, in a real browser: nothing overlaps or sticks out, everything can be read on light and dark, and no text is
// more than text; and Mermaid itself draws the flowchart.
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { drawMermaid } from '../../cli/diagram/mermaid'
import { drawSvg } from '../../cli/diagram/svg'
import type { Route } from '../../engine'
import { must } from '../../lab/command'
import { everyKind, hostile, many } from '../cli/routes'
import { type Browser, makeBrowser, type Scheme } from './browser'

const schemes: readonly Scheme[] = ['light', 'dark']
const sets = { 'every kind': everyKind, 'many tunnels': many, 'no tunnels': [], 'hostile texts': hostile }
const judges = join(__dirname, '../judges')

let browsers: Readonly<Record<Scheme, Browser>>
let mermaid: string
beforeAll(async () => {
  const program = (await must([join(judges, 'find-browser.sh')], { timeoutMs: 300_000 })).trim()
  browsers = { light: makeBrowser(program, 'light'), dark: makeBrowser(program, 'dark') }
  mermaid = readFileSync((await must([join(judges, 'find-mermaid.sh')], { timeoutMs: 120_000 })).trim(), 'utf8')
}, 420_000)

/** In the page: every box, text and line by its place, and each text with its colour and that of what it stands on. */
const measure = `
  const svg = document.querySelector('svg')
  const frame = svg.viewBox.baseVal
  const boxOf = element => { const { x, y, width, height } = element.getBBox(); return { x, y, right: x + width, bottom: y + height } }
  const within = (a, b) => a.x >= b.x - 0.5 && a.y >= b.y - 0.5 && a.right <= b.right + 0.5 && a.bottom <= b.bottom + 0.5
  const apart = (a, b) => a.right <= b.x || b.right <= a.x || a.bottom <= b.y || b.bottom <= a.y
  const all = selector => [...svg.querySelectorAll(selector)].map(element => ({ element, at: boxOf(element), says: element.getAttribute('class') + ' ' + element.textContent }))
  const [rects, texts, lines] = [all('rect'), all('text'), all('path')]
  const wrong = []
  const whole = { x: 0, y: 0, right: frame.width, bottom: frame.height }
  for (const one of [...rects, ...texts, ...lines]) if (!within(one.at, whole)) wrong.push('outside: ' + one.says)
  for (const [number, a] of texts.entries()) {
    for (const b of texts.slice(number + 1)) if (!apart(a.at, b.at)) wrong.push('two texts: ' + a.says + ' / ' + b.says)
    for (const b of rects) if (!apart(a.at, b.at) && !within(a.at, b.at)) wrong.push('text over an edge: ' + a.says)
    for (const b of lines) if (!apart(a.at, b.at)) wrong.push('text over a line: ' + a.says)
  }
  for (const [number, a] of rects.entries()) {
    for (const b of rects.slice(number + 1)) if (!apart(a.at, b.at) && !within(a.at, b.at) && !within(b.at, a.at)) wrong.push('two boxes: ' + JSON.stringify([a.at, b.at]))
  }
  const light = colour => {
    const [r, g, b] = colour.match(/\\d+/g).map(part => part / 255).map(one => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const contrasts = texts.map(({ element, at }) => {
    const under = rects.filter(one => within(at, one.at)).at(-1).element
    const [a, b] = [element, under].map(one => light(getComputedStyle(one).fill)).sort((a, b) => b - a)
    return (a + 0.05) / (b + 0.05)
  })
  return {
    wrong, texts: texts.length, width: frame.width,
    contrast: Math.min(...contrasts),
    paper: light(getComputedStyle(svg.querySelector('.paper')).fill),
    scripts: document.querySelectorAll('svg script').length, title: document.title,
  }`

interface Measured {
  readonly wrong: readonly string[]
  readonly texts: number
  readonly width: number
  readonly contrast: number
  readonly paper: number
  readonly scripts: number
  readonly title: string
}

describe.each(schemes)('%s', scheme => {
  test.each(Object.entries(sets))('%s: nothing overlaps or sticks out, and all can be read', async (name, routes) => {
    const svg = drawSvg(routes as readonly Route[], 'SSH tunnels of <a spec>')
    const found = (await browsers[scheme].ask(svg, measure)) as Measured
    expect(found.wrong).toEqual([])
    expect(found.texts).toBeGreaterThan(routes.length * 3)
    // As WCAG 2.2 asks of text, 1.4.3.
    expect(found.contrast).toBeGreaterThan(4.5)
    expect(found.paper > 0.5).toBe(scheme === 'light')
    expect(found).toMatchObject({ scripts: 0, title: '' })
    if (process.env.PICTURES) {
      mkdirSync(process.env.PICTURES, { recursive: true })
      await browsers[scheme].shoot(
        svg,
        join(process.env.PICTURES, `${scheme}-${name.replace(' ', '-')}.png`),
        '1400,1200',
      )
    }
  })
})

test.each(Object.entries(sets))(
  '%s: an XML parser reads it, and finds the texts as they are',
  async (_name, routes) => {
    const svg = drawSvg(routes as readonly Route[], 'SSH tunnels')
    const script = `
    const text = new TextDecoder().decode(Uint8Array.from(atob('${Buffer.from(svg).toString('base64')}'), one => one.charCodeAt(0)))
    const parsed = new DOMParser().parseFromString(text, 'image/svg+xml')
    return { error: parsed.querySelector('parsererror')?.textContent ?? null, elements: [...new Set([...parsed.querySelectorAll('*')].map(one => one.tagName))].sort() }`
    const { error, elements } = (await browsers.light.ask('', script)) as { error: string | null; elements: string[] }
    expect(error).toBeNull()
    expect(['desc', 'path', 'rect', 'style', 'svg', 'text', 'title']).toEqual(expect.arrayContaining(elements))
  },
)

test.each(Object.entries(sets))('%s: Mermaid draws the flowchart, with every tunnel', async (_name, routes) => {
  const chart = drawMermaid(routes as readonly Route[])
  const script = `
    mermaid.initialize({ startOnLoad: false, maxTextSize: 500000, maxEdges: 5000 })
    const text = new TextDecoder().decode(Uint8Array.from(atob('${Buffer.from(chart).toString('base64')}'), one => one.charCodeAt(0)))
    const { svg } = await mermaid.render('drawn', text)
    document.body.insertAdjacentHTML('beforeend', '<main>' + svg + '</main>')
    return { text: document.querySelector('main').textContent, scripts: document.querySelectorAll('main script').length, title: document.title }`
  const body = `<script>${mermaid.replaceAll('</script', '<\\/script')}</script>`
  const drawn = (await browsers.light.ask(body, script)) as { text: string; scripts: number; title: string }
  const words = (text: string) => text.replace(/[^A-Za-z0-9]/g, '')
  for (const { name } of routes) expect(words(drawn.text)).toContain(words(name))
  expect(drawn).toMatchObject({ scripts: 0, title: '' })
})
