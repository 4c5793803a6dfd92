// The logins of the provider block over made-up hosts: which of them reads and destroys what a state remembers.
import { provider } from '../../provider/main'
import { toTerraform } from '../../provider/names'
import { unknown } from '../../provider/plugin'
import { bootAnew, bytesOf, makeCompany } from '../engine/company'
import type { FakeHost } from '../engine/fake-reach'
import { hostOf, lifeOf, type Obj, tunnelConfig } from './life'

describe('after the login of a host was changed', () => {
  afterEach(() => provider.configure?.({ logins: null }))

  const full = ({ host }: FakeHost) => toTerraform(host) as Obj
  const rename = (host: FakeHost, user: string) => Object.assign(host, { host: { ...host.host, user } })
  const changed = async () => {
    const { near, middle, world } = makeCompany()
    const before = bytesOf(middle)
    const life = lifeOf('sshtunnel_tunnel')
    const { state } = await life.apply(null, tunnelConfig(near, middle))
    world.closeAll()
    rename(middle, 'admin')
    return { near, middle, life, state, before }
  }

  test('the state is read and destroyed by the login of the provider block', async () => {
    const { near, middle, life, state, before } = await changed()
    await provider.configure?.({ logins: [hostOf(near), hostOf(middle)] })
    const { state: found, diagnostics } = await life.read(state)
    expect(diagnostics).toEqual([])
    expect(found).toEqual({ ...state, server: hostOf(middle) })
    // It is no change of the tunnel.
    expect(await life.plan(found, tunnelConfig(near, middle))).toEqual(found)
    bootAnew(near, middle)
    expect((await life.apply(state, null)).state).toBeNull()
    expect(bytesOf(middle)).toEqual(before)
  })

  test('what a host is called, and its other addresses, are those of the provider block too', async () => {
    const { near, middle, life } = await changed()
    const { state } = await life.apply(null, tunnelConfig(near, middle))
    const today = { ...hostOf(middle), name: 'relay', addresses: ['203.0.113.21'] }
    await provider.configure?.({ logins: [hostOf(near), today] })
    const { state: found } = await life.read(state)
    expect(found).toEqual({ ...state, server: today, proof: { ...(state?.proof as Obj), from: 'relay' } })
    expect(await life.plan(found, tunnelConfig(near, middle, { server: today }))).toEqual(found)
  })

  test.each([
    ['none', () => []],
    ['one of another address', () => [{ name: 'middle', address: '203.0.113.99', user: 'admin' }]],
    ['one that is not known yet', () => [{ name: 'middle', address: '203.0.113.20', user: unknown }]],
    [
      'one behind another port with another host key',
      () => [{ name: 'middle', address: '203.0.113.20', user: 'admin', port: 2222, host_key: 'ssh-ed25519 AAAAOther' }],
    ],
    [
      'two of one address, neither of them called so',
      () => ['a', 'b'].map(name => ({ name, address: '203.0.113.20', user: name })),
    ],
  ] as readonly (readonly [string, () => Obj[]])[])(
    'with %s in it the login of the state counts',
    async (_what, logins) => {
      const { life, state } = await changed()
      await provider.configure?.({ logins: logins() })
      expect((await life.read(state)).unread).toBe(true)
    },
  )

  test.each([
    ['of its name', 'middle', undefined, undefined, true],
    ['of another name', 'relay', undefined, undefined, false],
    ['of another name with the same host key', 'relay', 'k', 'k', true],
    ['of its name with another host key', 'middle', 'k', 'other', false],
  ])(
    'one %s by another way is the same machine only where something tells so',
    async (_what, name, was, is, isSame) => {
      const { near, middle, world } = makeCompany()
      Object.assign(middle, { host: { ...middle.host, ...(was && { hostKey: was }) } })
      const life = lifeOf('sshtunnel_tunnel')
      const { state } = await life.apply(null, tunnelConfig(near, middle, { server: full(middle) }))
      world.closeAll()
      const { hostKey: _key, ...login } = middle.host
      const now = { ...login, name, proxyCommand: 'connect %h', ...(is && { hostKey: is }) }
      Object.assign(middle, { host: now })
      await provider.configure?.({ logins: [hostOf(near), full(middle)] })
      const { state: found, unread } = await life.read(state)
      expect(unread === true).toBe(!isSame)
      if (isSame) expect(found?.server).toEqual(full(middle))
    },
  )
})
