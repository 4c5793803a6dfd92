// What killed programs have left on a host: what is ours is cleared by whoever changes something there, the rest is told.
import { clearHosts } from '../../engine/change/clear'
import { make } from '../../engine/change/make'
import { remove } from '../../engine/change/remove'
import { planChanges } from '../../engine/compare/plan-changes'
import { read } from '../../engine/proof/observe'
import { makeCompany, tellNobody, tunnelOf } from './company'
import { countRuns, type FakeHost, stepsOf } from './fake-reach'

const ours = '/run/ssh-tunnels.77.AbCdEf'

const litter = (host: FakeHost) => {
  host.on = { ...host.on, left: [ours], othersLeft: ['/etc/passwd.lock', 'group tun-old'] }
}

test('it goes before anything is made, in a batch without steps', async () => {
  const { near, middle } = makeCompany()
  litter(near)
  const said: string[] = []
  await make(tunnelOf(near, middle, 't1'), what => said.push(what))
  expect(said[0]).toBe('near: clear what a killed program has left')
  expect(near.runs.map(({ script, steps }) => [script, steps.length > 0])).toEqual([
    ['look', false],
    ['batch', false],
    ['batch', true],
    ['batch', true],
  ])
  expect(near.on.left).toEqual([])
  // Where nothing is left, nobody is asked once more.
  expect(countRuns(middle, 'batch')).toBe(2)
})

test('a removal that has nothing else to do clears it too', async () => {
  const { near, middle } = makeCompany()
  litter(middle)
  await remove(tunnelOf(near, middle, 't1'), tellNobody)
  expect(middle.on.left).toEqual([])
  expect(stepsOf(middle)).toEqual([])
  expect(countRuns(near, 'batch')).toBe(0)
})

test('a read and a plan tell both, and change nothing', async () => {
  const { near, middle } = makeCompany()
  const one = tunnelOf(near, middle, 't1', { owner: 'terraform' })
  await make(one, tellNobody)
  litter(near)
  const told = [
    `a killed program of ours has left ${ours} on near; the next change there clears it`,
    'a killed program, useradd or the like, has left /etc/passwd.lock on near; when nobody changes accounts there, remove that',
    'group tun-old on near has no account and no members; groupdel tun-old removes it, if it is nobody’s',
  ]
  expect((await read(one))?.warnings).toEqual(told)
  const hosts = [near.host, middle.host]
  const planned = await planChanges({ owner: 'terraform', ownsAll: true, hosts, declared: [one] })
  expect(planned.warnings).toEqual(told)
  expect(planned.littered).toEqual([near.host])
  expect(near.on.left).toEqual([ours])
  await clearHosts(planned.littered)
  expect(near.on.left).toEqual([])
})

test('a host that is lost while it is cleared fails those who are there', async () => {
  const { near, middle } = makeCompany()
  litter(middle)
  middle.loses = 'before'
  await expect(make(tunnelOf(near, middle, 't1'), tellNobody)).rejects.toThrow('was lost while batch ran')
  expect(countRuns(near, 'batch')).toBe(0)
})
