// Reading known_hosts, side by side with ssh-keygen -F, which reads it as ssh does.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findKnownKeys, knownName } from '../../engine/host/known-hosts'
import { makeKey, readPublicKey } from './sshd'

const dir = mkdtempSync(join(tmpdir(), 'known-hosts-test-'))
const file = join(dir, 'known_hosts')
const key = readPublicKey(makeKey(dir, 'key'))
afterAll(() => rmSync(dir, { recursive: true }))

const find = (text: string, address: string, port = 22) => findKnownKeys(text, 'file', address, port)

const patterns: readonly (readonly [string, string, number])[] = [
  ['middle.example', 'middle.example', 22],
  ['middle.example', 'Middle.EXAMPLE', 22],
  ['MIDDLE.example', 'middle.example', 22],
  ['middle.example', 'xmiddle.example', 22],
  ['a,b,middle', 'middle', 22],
  ['*.example', 'middle.example', 22],
  ['*.example', 'middleXexample', 22],
  ['m?ddle', 'middle', 22],
  ['m?ddle', 'mddle', 22],
  ['*.example,!secret.example', 'secret.example', 22],
  ['*.example,!secret.example', 'other.example', 22],
  ['!secret.example', 'other.example', 22],
  ['[middle]:2222', 'middle', 2222],
  ['[middle]:2222', 'middle', 2223],
  ['[middle]:2222', 'middle', 22],
  ['[*]:2222', 'middle', 2222],
  ['[2001:db8::1]:2222', '2001:db8::1', 2222],
  ['2001:db8::1', '2001:db8::1', 22],
  ['2001:db8::1', '2001:DB8:0::1', 22],
  ['fe80::1%eth0', 'FE80:0::1%eth0', 22],
  ['fe80::1%eth0', 'fe80::1%eth1', 22],
]

test.each(patterns)('pattern %s for %s port %d matches as ssh-keygen says', (pattern, address, port) => {
  writeFileSync(file, `${pattern} ${key}\n`)
  const theirs = spawnSync('ssh-keygen', ['-F', knownName(address, port), '-f', file]).status === 0
  expect(find(readFileSync(file, 'utf8'), address, port).length > 0).toBe(theirs)
})

test('hashed names match, with and without a port', () => {
  writeFileSync(file, `middle ${key}\n[middle]:2222 ${key}\n`)
  execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' })
  const text = readFileSync(file, 'utf8')
  expect(text).not.toContain('middle')
  expect(find(text, 'middle').map(({ place }) => place)).toEqual(['file:1'])
  expect(find(text, 'middle', 2222).map(({ place }) => place)).toEqual(['file:2'])
  expect(find(text, 'far')).toEqual([])
})

test('a line for the bare host serves another port only where that port has no line, as in ssh', () => {
  expect(find(`middle ${key}`, 'middle', 2222)).toHaveLength(1)
  expect(find(`middle ${key}\n[middle]:2222 ${key}`, 'middle', 2222).map(({ place }) => place)).toEqual(['file:2'])
})

test('markers are told, and lines that say nothing are passed over', () => {
  const text = [
    '',
    '# middle',
    `@revoked middle ${key}`,
    `@cert-authority middle ${key}`,
    `@odd middle ${key}`,
    'middle',
  ].join('\r\n')
  expect(find(text, 'middle').map(({ marker, place }) => [marker, place])).toEqual([
    ['revoked', 'file:3'],
    ['cert-authority', 'file:4'],
  ])
})
