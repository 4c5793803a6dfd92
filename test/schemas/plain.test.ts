// Text that steers nobody, and values of any form: told, never thrown.
import fc from 'fast-check'
import { findMistakes } from '../../schemas/find-mistakes'
import { brief, plain, plainJson } from '../../schemas/plain'
import { isPublicKey } from '../../schemas/public-key'
import { allKnown } from '../../schemas/unknown'
import { hostile } from '../hostile-text'
import { tries } from '../tries'
import { unsafe } from '../unsafe'

const anyText = fc.oneof(hostile, fc.string({ unit: 'binary' }), fc.constantFrom('\x1b[2J\r\n\t\u202e\u2028\x9b'))

test('no text steers a terminal, and a text that does not is left as it is', () => {
  fc.assert(
    fc.property(anyText, text => {
      expect(plain(text)).not.toMatch(unsafe)
      expect(plain(plain(text))).toBe(plain(text))
      if (!unsafe.test(text)) expect(plain(text)).toBe(text)
    }),
    tries(1000),
  )
})

test('JSON says the same with nothing in it but visible characters', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), anyText, (value, text) => {
      const json = plainJson({ value, text })
      expect(json).not.toMatch(unsafe)
      expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify({ value, text })))
    }),
    tries(500),
  )
})

test('of a text without end its beginning and its end are told', () => {
  const long = brief(`first${'x'.repeat(1_000_000)}last`)
  expect(long).toMatch(/^first[\s\S]*characters are left out[\s\S]*last$/)
  expect(long.length).toBeLessThan(10_000)
})

const part = fc.oneof(
  { depthSize: 'small' },
  hostile,
  fc.jsonValue(),
  fc.constantFrom('near', '203.0.113.20', '203.0.113.20:80'),
)
const hostLike = fc.oneof(
  part,
  fc.dictionary(
    fc.constantFrom('name', 'address', 'addresses', 'port', 'user', 'hostKey', 'via', 'local', 'become'),
    part,
  ),
)
const given = fc.oneof(
  part,
  fc.dictionary(
    fc.constantFrom(
      'name',
      'owner',
      'forward',
      'listen',
      'far',
      'allowFrom',
      'probe',
      'extra',
      'allowUsers',
      'openPorts',
      'maxStartups',
    ),
    part,
  ),
)

test('whatever stands for a tunnel or a middle, each mistake has a code, words and a place', () => {
  fc.assert(
    fc.property(given, hostLike, hostLike, (value, one, other) => {
      const input =
        typeof value === 'object' && value !== null && !Array.isArray(value)
          ? { ...value, client: one, server: other, host: one }
          : value
      for (const type of ['tunnel', 'middle'] as const)
        for (const { code, message, path } of findMistakes(type, input, allKnown))
          expect([typeof code, message.length > 0, Array.isArray(path)]).toEqual(['string', true, true])
    }),
    tries(300),
  )
})

test('a public key is one that names its type, and no line of words', () => {
  const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl'
  expect(isPublicKey(key)).toBe(true)
  for (const text of [
    '',
    'ssh-ed25519 AAAA',
    `${key} comment`,
    key.replace(' ', '\t'),
    key.replace('ssh-ed25519', 'ssh-rsa'),
  ])
    expect({ text, is: isPublicKey(text) }).toEqual({ text, is: false })
  fc.assert(
    fc.property(hostile, hostile, (a, b) => !isPublicKey(`${a} ${b}`) && !isPublicKey(`${key}${b}x`)),
    tries(500),
  )
})
