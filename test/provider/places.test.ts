// Who wrote a spec hears of its file and line, whatever goes wrong with a resource.
import { provider } from '../../provider/main'
import { makeCompany } from '../engine/company'
import { lifeOf, tunnelConfig } from './life'

afterEach(() => provider.configure?.({ logins: null, places: null }))

test('a fault and a warning about a resource say where it is declared; those about another do not', async () => {
  const { near, middle, world } = makeCompany()
  const life = lifeOf('sshtunnel_tunnel')
  await provider.configure?.({ places: [{ type: 'tunnel', name: 'web', place: 'tunnels.yaml:12' }] })
  const { state } = await life.apply(null, tunnelConfig(near, middle))
  world.closeAll()
  middle.away = true
  expect((await life.read(state)).diagnostics).toMatchObject([
    { severity: 'warning', detail: expect.stringMatching(/Declared at tunnels\.yaml:12\.$/) },
  ])
  await expect(life.apply(null, tunnelConfig(near, middle))).rejects.toMatchObject({
    code: 'host-unreachable',
    diagnostics: [{ severity: 'error', detail: expect.stringContaining('Declared at tunnels.yaml:12.') }],
  })
  const other = life.apply(null, tunnelConfig(near, middle, { name: 'other' }))
  await expect(other).rejects.toMatchObject({ diagnostics: [{ detail: expect.not.stringContaining('Declared') }] })
})
