// What `npm pack` packs, installed by itself: light, with few doors, and types that need nothing but the peers.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { marked, measurePackage, packInto, page } from '../../bench/package-size'

let folder: string
let installed: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'package-'))
  writeFileSync(join(folder, 'package.json'), '{ "private": true }')
  execFileSync('npm', ['install', '--offline', '--legacy-peer-deps', packInto(folder)], {
    cwd: folder,
    stdio: 'ignore',
  })
  installed = join(folder, 'node_modules/cdktf-ssh-tunnels')
})
afterAll(() => rmSync(folder, { recursive: true }))

test('it brings no dependencies, wants cdktf and constructs as peers, and weighs what docs/package.md says', () => {
  const size = measurePackage()
  expect(size.dependencies).toEqual([])
  expect(size.peers).toEqual(['cdktf', 'constructs'])
  const table = marked.exec(readFileSync(page, 'utf8'))?.[0] ?? ''
  expect(table).toContain('| dependencies | 0 |')
  const said = Number(/installed \| ([\d.]+) MB/.exec(table)?.[1])
  expect(Math.abs(size.installed / 1e6 - said)).toBeLessThan(0.2 * said)
})

test('its types import from nothing but themselves and the peers', () => {
  const types = join(installed, 'dist/types')
  const files = readdirSync(types, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'))
  const texts = files.map(file => readFileSync(join(types, file), 'utf8'))
  const imported = texts.flatMap(text =>
    [...text.matchAll(/(?:from|import\() ?'([^.'][^']*)'/g)].map(([, name]) => name),
  )
  expect([...new Set(imported)].sort()).toEqual(['cdktf', 'constructs'])
})

test('it exports the library, the schemas and its package.json, and nothing else', () => {
  const resolve = (path: string) =>
    spawnSync(process.execPath, ['--print', `require.resolve('cdktf-ssh-tunnels${path}')`], {
      cwd: folder,
      encoding: 'utf8',
    })
  const paths = ['', '/schemas/spec.schema.json', '/package.json']
  for (const path of paths) expect(resolve(path).stdout.trim()).toContain(installed)
  expect(resolve('/dist/index.js').stderr).toContain('ERR_PACKAGE_PATH_NOT_EXPORTED')
})

test('the command is there, and knows its version', () => {
  const said = execFileSync(join(folder, 'node_modules/.bin/ssh-tunnels'), ['--version'], { encoding: 'utf8' })
  expect(said).toBe('ssh-tunnels 0.1.0\n')
})

test('its own licence and those of all that is bundled come along', () => {
  expect(readFileSync(join(installed, 'LICENSE'), 'utf8')).toContain('Copyright 2026 The cdktf-ssh-tunnels authors')
  const text = readFileSync(join(installed, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8')
  for (const name of [
    'ajv',
    'yaml',
    'ssh2',
    'ipaddr.js',
    'string-width',
    '@grpc/grpc-js',
    'protobufjs',
    '@msgpack/msgpack',
  ]) {
    expect(text).toMatch(new RegExp(`^${name} [\\d.]+ \\([\\w.-]+\\)$`, 'm'))
  }
})
