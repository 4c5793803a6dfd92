// explain as a user starts it: what it says of the examples, its JSON, its pictures, and how it looks at a terminal.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { drawMermaid } from '../../cli/diagram/mermaid'
import { drawSvg } from '../../cli/diagram/svg'
import { drawText } from '../../cli/diagram/text'
import { renderExplanations } from '../../cli/render-explain'
import type { Route } from '../../engine'
import { typed } from '../typed'
import { readDocument } from './json-document'
import { everyKind, hostile, many } from './routes'

const root = join(__dirname, '../..')
const program = join(root, 'dist/ssh-tunnels.cjs')
function run(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(program, words, { cwd: join(root, 'examples'), encoding: 'utf8' })
  return { status, stdout, stderr }
}

test('it draws the way of a visitor, and tells what is encrypted and whom far sees', () => {
  const { status, stdout } = run('explain', 'published-web.yaml', 'web')
  expect(status).toBe(0)
  expect(stdout).toContain(`tunnel web

  visitors  anybody whom the network lets come
    |       to port 8080, as the service itself speaks: the tunnel encrypts nothing here
  middle    listens on 203.0.113.20 port 8080
    #       encrypted by ssh, which near begins to middle (203.0.113.20:22)
  near      dials 127.0.0.1:80
    |       inside near: over no network
  far       127.0.0.1:80 on near; sees the connection come from 127.0.0.1

On near it stands for

  ssh -N -R 203.0.113.20:8080:127.0.0.1:80 tun-web@203.0.113.20
`)
  expect(stdout).toMatch(/PermitListen 203\.0\.113\.20:8080\n {8}the one listener that .* \[sshd_config\(5\)\]/s)
  expect(stdout).not.toContain('settings of host')
  expect(run('explain', 'published-web.yaml').stdout).toContain('settings of host middle')
})

test.each(['tutorial.yaml', 'published-web.yaml', 'end-to-end.yaml'])('--json of %s is as its schema says', file => {
  const { stdout } = run('explain', file, '--json')
  const { explained, errors } = readDocument('explain', stdout)
  expect(errors).toEqual([])
  expect(explained.length).toBeGreaterThan(0)
})

test('labels stand with the tunnel whose they are, and in the JSON', () => {
  const folder = mkdtempSync(join(tmpdir(), 'explain-'))
  try {
    const file = join(folder, 'tunnels.yaml')
    const hosts = { near: { local: true }, middle: { address: '203.0.113.20' } }
    const to = (port: number) => ({
      client: 'near',
      server: 'middle',
      forward: 'remote',
      listen: `*:${port}`,
      far: 'far:80',
    })
    const tunnels = {
      page: {
        ...to(80),
        forward: undefined,
        listen: undefined,
        far: undefined,
        labels: { Team: 'web', tier: 'a b' },
        forwards: [81, 82].map(port => ({ ...to(port), client: undefined, server: undefined })),
      },
      one: { ...to(83), connection: 'shared', labels: { team: 'one' } },
      other: { ...to(84), connection: 'shared' },
    }
    writeFileSync(file, JSON.stringify({ version: 1, hosts, tunnels }))
    const { stdout } = run('explain', file)
    expect(stdout).toMatch(/^tunnel page\n\n {2}labels: Team=web, tier=a b\n\nforward page\/1\n {2}visitors/m)
    expect(stdout).toMatch(/^tunnel one\n {2}labels: team=one\n\n {2}visitors/m)
    expect(stdout.match(/labels:/g)).toHaveLength(2)
    const { explained } = readDocument('explain', run('explain', file, '--json').stdout)
    const routes = explained.flatMap((one: { routes: Route[] }) => one.routes)
    expect(routes.map(({ name, labels }: Route) => [name, labels])).toEqual([
      ['page/1', tunnels.page.labels],
      ['page/2', tunnels.page.labels],
      ['one', { team: 'one' }],
      ['other', undefined],
    ])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a name that the spec does not know, and a picture of no known form, are told with what would be right', () => {
  expect(run('explain', 'tutorial.yaml', 'server935')).toMatchObject({
    status: 1,
    stderr: 'tutorial.yaml has no tunnel server935; did you mean server935-ssh?\n',
  })
  expect(run('explain', 'tutorial.yaml', '--diagram', 'png').stderr).toContain('none of svg, mermaid, text')
  expect(readDocument('explain', run('explain', 'tutorial.yaml', 'web', '--json').stdout).errors).toHaveLength(1)
})

test('--diagram prints each form, of the tunnels that are named', () => {
  const docs = readFileSync(join(root, 'docs/tunnels.svg'), 'utf8')
  expect(run('explain', 'tutorial.yaml', '--diagram', 'svg').stdout.split('\n')[0]).toMatch(/^<svg xmlns=/)
  expect(docs).toContain('server935-ssh')
  expect(run('explain', 'tutorial.yaml', 'server935-ssh', '--diagram', 'mermaid').stdout).toMatch(/^flowchart LR\n/)
  expect(run('explain', 'tutorial.yaml', '--diagram', 'text').stdout).toMatch(
    /^server935-ssh {2}198\.51\.100\.0\/24 {2}--:110--> {2}middle 203\.0\.113\.20:110 .*--:22--> {2}server935:22 \(sees middle\)\n/,
  )
})

test('every tunnel is in every picture, once', () => {
  for (const draw of [drawText, drawMermaid, (routes: typeof many) => drawSvg(routes, 'all')]) {
    for (const { name, listens } of many) {
      const drawn = draw(many)
      expect(drawn).toMatch(new RegExp(`\\b${name}\\b`))
      expect(drawn).toContain(listens.endpoint)
    }
    expect(draw([])).not.toBe('')
    expect(draw(everyKind)).toContain('server935')
  }
})

test('no text of a user is more than text in a picture', () => {
  const svg = drawSvg(hostile, '</title><script>')
  expect(svg).not.toMatch(/<script|&(?!#\d+;)/)
  for (const one of ['\u0007', '\u202e', '\ufffe']) expect(svg).not.toContain(one)
  // Each of its lines is one of ours: none begins with what a user says.
  for (const line of drawMermaid(hostile).split('\n')) {
    expect(line).toMatch(/^$|^flowchart LR$|^ +(subgraph|end$|tunnel\d|visitors\d|far\d|dials\d)/)
    expect(line).not.toMatch(/<(?!br\/>)|%%|`/)
  }
})

test('a host with a long name leaves room for what is said of it', () => {
  const name = 'a-host-with-a-name-that-is-as-long-as-a-label-may-be-in-the-dns'
  const route = everyKind[0] as Route
  const ssh = route.ssh && { ...route.ssh, client: name }
  const one = {
    type: 'tunnel' as const,
    name: 'web',
    tunnels: ['web'],
    routes: [{ ...route, ssh, dials: name }],
    command: null,
    parts: [],
  }
  for (const width of [60, 100]) {
    const lines = renderExplanations([one], { width, colour: false }).split('\n')
    expect(lines).toContain(`  ${name}`)
    expect(lines.filter(line => /^ {12,}\S{1,6}$/.test(line))).toEqual([])
  }
})

describe('at a terminal', () => {
  const show = async (columns: number, env: Readonly<Record<string, string>> = {}) => {
    const options = { cwd: join(root, 'examples'), env: { PATH: process.env.PATH, TERM: 'xterm', ...env } }
    const start = ([first = '', ...words]: readonly string[], given: object) => spawn(first, words, given)
    const screen = typed(start, [program, 'explain', 'tutorial.yaml'], options, columns)
    expect(await screen.ended()).toBe(0)
    return screen.screen()
  }
  const colour = '\u001b['

  test('there are colours, and not where NO_COLOR is set, TERM is dumb, or there is no terminal', async () => {
    expect(await show(100)).toContain(colour)
    expect(await show(100, { NO_COLOR: '1' })).not.toContain(colour)
    expect(await show(100, { TERM: 'dumb' })).not.toContain(colour)
    expect(run('explain', 'tutorial.yaml').stdout).not.toContain(colour)
  })

  test.each([60, 100, 160])('reasons fit %d columns', async columns => {
    const lines = (await show(columns, { NO_COLOR: '1' })).split(/\r?\n/)
    const reasons = lines.filter(line => line.startsWith('        '))
    expect(reasons.length).toBeGreaterThan(50)
    expect(reasons.filter(line => line.length > columns && line.trim().includes(' '))).toEqual([])
  })
})
