// Who may import whom: the rooms of the house, as ARCHITECTURE.md describes them.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'

const root = join(__dirname, '../..')

/** From a room (a folder or a file) to those that it may import from, beside itself. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  main: ['spec', 'constructs'],
  index: ['spec', 'constructs'],
  spec: ['schemas', 'schemas/plain'],
  constructs: ['spec', 'schemas', 'schemas/plain'],
  provider: ['provider/plugin', 'engine', 'schemas', 'schemas/plain'],
  cli: ['spec', 'engine', 'schemas', 'schemas/plain'],
  'provider/plugin': ['schemas/plain'],
  // The face: what provider and cli may use.
  engine: [
    'engine/diagnose',
    'engine/compare',
    'engine/status',
    'engine/change',
    'engine/proof',
    'engine/look',
    'engine/wish',
    'engine/parts',
    'engine/host',
    'engine/fault',
  ],
  'engine/diagnose': [
    'engine/compare',
    'engine/proof',
    'engine/look',
    'engine/wish',
    'engine/parts',
    'engine/host',
    'engine/remote',
    'engine/fault',
    'schemas',
    'schemas/plain',
  ],
  'engine/compare': [
    'engine/change',
    'engine/proof',
    'engine/look',
    'engine/wish',
    'engine/parts',
    'engine/host',
    'engine/fault',
    'schemas',
    'schemas/plain',
  ],
  'engine/status': [
    'engine/compare',
    'engine/proof',
    'engine/look',
    'engine/wish',
    'engine/parts',
    'engine/host',
    'engine/fault',
    'schemas',
    'schemas/plain',
  ],
  'engine/change': [
    'engine/proof',
    'engine/look',
    'engine/wish',
    'engine/parts',
    'engine/host',
    'engine/remote',
    'engine/fault',
    'schemas',
    'schemas/plain',
  ],
  'engine/proof': [
    'engine/look',
    'engine/wish',
    'engine/parts',
    'engine/host',
    'engine/remote',
    'engine/fault',
    'schemas',
    'schemas/plain',
  ],
  'engine/look': [
    'engine/wish',
    'engine/parts',
    'engine/host',
    'engine/remote',
    'engine/fault',
    'schemas',
    'schemas/plain',
  ],
  'engine/wish': ['engine/parts', 'schemas', 'schemas/plain'],
  'engine/parts': ['engine/remote', 'engine/fault', 'schemas', 'schemas/plain'],
  'engine/host': ['engine/remote', 'engine/fault', 'schemas', 'schemas/plain'],
  'engine/remote': [],
  'engine/fault': ['schemas/plain'],
  schemas: ['schemas/plain'],
  'schemas/plain': [],
}

/** Packages that only one room may name. */
const packages: Readonly<Record<string, string>> = {
  ssh2: 'engine/host',
  cdktf: 'constructs',
  constructs: 'constructs',
  '@cdktf/provider-null': 'constructs',
  '@grpc/grpc-js': 'provider/plugin',
  protobufjs: 'provider/plugin',
  '@msgpack/msgpack': 'provider/plugin',
  yaml: 'spec',
}

const rooms = Object.keys(allowed).sort((a, b) => b.length - a.length)
const roomOf = (path: string) => {
  const file = path.replace(/\.ts$/, '')
  return rooms.find(room => file === room || file.startsWith(`${room}/`))
}

const sources = ['spec', 'schemas', 'constructs', 'engine', 'provider', 'cli']
  .flatMap(folder =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(file => join(folder, file)),
  )
  .concat('main.ts', 'index.ts')
  .filter(file => file.endsWith('.ts'))

interface Import {
  readonly file: string
  readonly from: string
}

const imports: Import[] = sources.flatMap(file =>
  [
    ...readFileSync(join(root, file), 'utf8').matchAll(
      /(?:^|\n)(?:import|export)\b[^'\n]*(?:\{[^}]*\}[^'\n]*)?'([^']+)'/g,
    ),
  ].map(match => ({ file, from: match[1] ?? '' })),
)

test('the imports of all rooms are found', () => {
  expect(imports.length).toBeGreaterThan(100)
})

test('no room imports from one that it may not know', () => {
  const wrong = imports
    .filter(({ from }) => from.startsWith('.'))
    .map(({ file, from }) => ({ file, target: relative(root, normalize(join(root, dirname(file), from))) }))
    .filter(({ file, target }) => {
      const [own, other] = [roomOf(file), roomOf(target)]
      return own !== other && !(own && other && allowed[own]?.includes(other))
    })
  expect(wrong).toEqual([])
})

test('no file imports itself by way of others, types included', () => {
  const targets = new Map<string, string[]>()
  for (const { file, from } of imports.filter(({ from }) => from.startsWith('.'))) {
    const path = relative(root, normalize(join(root, dirname(file), from)))
    const target = [`${path}.ts`, `${path}/index.ts`].find(one => sources.includes(one))
    if (target) targets.set(file, [...(targets.get(file) ?? []), target])
  }
  const circles: string[] = []
  const done = new Set<string>()
  const walk = (file: string, way: readonly string[]) => {
    const at = way.indexOf(file)
    if (at >= 0) circles.push([...way.slice(at), file].join(' -> '))
    if (at >= 0 || done.has(file)) return
    for (const next of targets.get(file) ?? []) walk(next, [...way, file])
    done.add(file)
  }
  for (const file of sources) walk(file, [])
  expect(circles).toEqual([])
})

test('whether a terminal takes colours is asked in one file', () => {
  expect(sources.filter(file => /NO_COLOR/.test(readFileSync(join(root, file), 'utf8')))).toEqual(['cli/terminal.ts'])
})

test('ssh2, cdktf, grpc, msgpack and yaml are each named in one room', () => {
  const wrong = imports.filter(({ file, from }) => {
    const room =
      packages[
        from
          .split('/')
          .slice(0, from.startsWith('@') ? 2 : 1)
          .join('/')
      ]
    return room !== undefined && roomOf(file) !== room
  })
  expect(wrong).toEqual([])
})

test('parts and wish do no input or output', () => {
  const wrong = imports
    .filter(({ file }) => file.startsWith('engine/parts/') || file.startsWith('engine/wish/'))
    .filter(({ from }) => from.startsWith('node:') && from !== 'node:crypto')
  expect(wrong).toEqual([])
})
