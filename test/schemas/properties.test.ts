// What holds for every endpoint, address and tunnel.
import fc from 'fast-check'
import { checkTunnel } from '../../schemas/check-tunnel'
import {
  familyOf,
  formatEndpoint,
  isAddress,
  isHostName,
  isNetwork,
  parseEndpoint,
  sameHost,
} from '../../schemas/endpoint'
import { legalName } from '../../schemas/legal-name'
import { camelCase, snakeCase } from '../../schemas/snake-case'
import { address, hostName, owner, tunnel } from '../arbitraries'
import { tries } from '../tries'

const port = fc.integer({ min: 0, max: 65_535 })

test('an endpoint is read as it was written', () => {
  const endpoint = fc.record({ host: fc.oneof(address, hostName, fc.constant('*')), port })
  fc.assert(
    fc.property(endpoint, one => expect(parseEndpoint(formatEndpoint(one))).toEqual(one)),
    tries(500),
  )
})

test('the slash form says the same as the colon form', () => {
  fc.assert(
    fc.property(fc.oneof(address, hostName), port, (host, number) =>
      expect(parseEndpoint(`${host}/${number}`)).toEqual({ host, port: number }),
    ),
    tries(300),
  )
})

test('any text is an endpoint that can be written as one, or wrong with a reason', () => {
  const scraps = fc.constantFrom('[', ']', ':', '/', '::', '%eth0', '0', '22', '*', ' ', '\n', 'a', '.', '-', '1.2.3.4')
  const text = fc.oneof(
    fc.string(),
    fc.array(scraps, { maxLength: 8 }).map(parts => parts.join('')),
  )
  fc.assert(
    fc.property(text, one => {
      const read = parseEndpoint(one)
      if ('error' in read) return expect(read.error).not.toBe('')
      // It goes into files that root reads.
      expect(one).not.toMatch(/[\s%]/)
      expect(parseEndpoint(formatEndpoint(read))).toEqual(read)
    }),
    tries(2000),
  )
})

test('every address is a network and of one family, and no host name', () => {
  fc.assert(
    fc.property(address, one => {
      expect([isAddress(one), isNetwork(one), isHostName(one)]).toEqual([true, true, false])
      expect(familyOf(one)).toBe(one.includes(':') ? 6 : 4)
      expect(isNetwork(`${one}/${one.includes(':') ? 128 : 32}`)).toBe(true)
      expect(isNetwork(`${one}/${one.includes(':') ? 129 : 33}`)).toBe(false)
      expect([isAddress(`${one}%eth0`), isNetwork(`${one}%eth0`)]).toEqual([false, false])
    }),
    tries(300),
  )
})

test('a host is the same however it is spelled, and another is not', () => {
  fc.assert(
    fc.property(fc.oneof(address, hostName), fc.oneof(address, hostName), (one, other) => {
      expect(sameHost(one, one.toUpperCase())).toBe(true)
      expect(sameHost(one, other)).toBe(sameHost(other, one))
    }),
    tries(300),
  )
})

test('any text becomes a legal owner, and a legal owner stays what it is', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), text =>
      expect(legalName(text)).toMatch(/^[A-Za-z0-9]([A-Za-z0-9_.-]{0,38}[A-Za-z0-9])?$/),
    ),
    tries(500),
  )
  fc.assert(
    fc.property(owner, one => expect(legalName(one)).toBe(one)),
    tries(300),
  )
})

test("a name comes back from Terraform's spelling", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z]+([A-Z][a-z0-9]+){0,3}$/), name => {
      expect(snakeCase(name)).toMatch(/^[a-z0-9_]+$/)
      expect(camelCase(snakeCase(name))).toBe(name)
    }),
    tries(300),
  )
})

test('the tunnels that other properties are tried with are such as validation lets through', () => {
  fc.assert(
    fc.property(tunnel, one => expect(checkTunnel(one)).toEqual([])),
    tries(500),
  )
})
