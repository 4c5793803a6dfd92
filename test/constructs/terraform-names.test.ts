// camelCase to snake_case over plain values, and tokens untouched.
import { Token } from 'cdktf'
import { toTerraform } from '../../constructs/terraform-names'
import { camelCase, snakeCase } from '../../schemas/snake-case'

test('names become snake_case', () => {
  expect(['name', 'hostKey', 'allowTcpForwarding', 'clientAliveCountMax'].map(snakeCase)).toEqual([
    'name',
    'host_key',
    'allow_tcp_forwarding',
    'client_alive_count_max',
  ])
  expect(['useDNS', 'host_key'].map(snakeCase)).toEqual(['use_dns', 'host_key'])
})

test('the way back gives the same names', () => {
  const names = ['name', 'hostKey', 'useDNS', 'dropInSha256', 'X11Forwarding', 'UseDNS', 'dnsName']
  expect(names.map(name => camelCase(snakeCase(name)))).toEqual(names)
})

test('keys are renamed at every depth, values are not, and what is not given is left out', () => {
  const value = { hostKey: 'camelCase', via: [{ identityFile: 'a' }], local: false, port: 0, user: undefined }
  expect(toTerraform(value)).toEqual({ host_key: 'camelCase', via: [{ identity_file: 'a' }], local: false, port: 0 })
})

test('tokens of every kind pass through', () => {
  const object = Token.asAny({ keepMe: 1 })
  const value = {
    aString: Token.asString(object),
    aNumber: Token.asNumber(object),
    aList: Token.asList(object),
    object,
  }
  const result = toTerraform(value) as Record<string, unknown>
  expect(result).toEqual({ a_string: value.aString, a_number: value.aNumber, a_list: value.aList, object })
  expect(result.object).toBe(object)
})
