// Whose things are where nobody has named an owner.
import { defaultOwner, isFormerName, isOneOwner } from '../../schemas/owner'
import { tunnel } from '../../schemas/validators/resource'

const names = ['tunnels', 'a', 'my stack', '-x-', 'x'.repeat(60), `${'y'.repeat(30)}-z`]

test('a default owner carries its project, and is a legal one', () => {
  const host = { name: 'h', address: '192.0.2.1' }
  const rest = { name: 'web', forward: 'local', listen: '127.0.0.1:1', far: 'far:1', client: host, server: host }
  for (const name of names) {
    const owners = ['one', 'other', null].map(project => defaultOwner(name, project))
    expect(new Set(owners).size).toBe(3)
    for (const owner of owners) expect({ owner, legal: tunnel({ ...rest, owner }) }).toEqual({ owner, legal: true })
  }
})

test('two stacks of a project are two owners, however long their names', () => {
  expect(defaultOwner(`${'x'.repeat(40)}a`, 'p')).not.toBe(defaultOwner(`${'x'.repeat(40)}b`, 'p'))
})

test('what stood under the name alone is known again, and nobody else', () => {
  for (const name of names) expect(isFormerName(defaultOwner(name, null), defaultOwner(name, 'p'))).toBe(true)
  expect(isFormerName('web', defaultOwner('tunnels', 'p'))).toBe(false)
  expect(isFormerName(defaultOwner('tunnels', 'other'), defaultOwner('tunnels', 'p'))).toBe(false)
  expect(isFormerName('tunnels', 'tunnels')).toBe(false)
  expect(isOneOwner(defaultOwner('a', 'p'), 'a')).toBe(true)
})
