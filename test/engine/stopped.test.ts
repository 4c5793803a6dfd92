// A stop, which holds for the whole process: what runs on a host comes to its end, nothing new is begun, and what was begun is taken back.
import { make } from '../../engine/change/make'
import { remove } from '../../engine/change/remove'
import { isStopped, stop } from '../../engine/host/stop'
import { read } from '../../engine/proof/observe'
import { bytesOf, faultOf, makeCompany, manyOf, tellNobody, tunnelOf } from './company'
import { countRuns, stepsOf } from './fake-reach'

// In this order: the first one stops, and the others find us stopped.
test('a stop while a batch runs lets it end, begins no further round, and takes back what was begun', async () => {
  const { near, middle } = makeCompany()
  const before = [bytesOf(near), bytesOf(middle)]
  const { reached, release } = middle.hold('batch')
  const faults = Promise.all(manyOf(3, name => tunnelOf(near, middle, name)).map(one => faultOf(make(one, tellNobody))))
  await reached
  expect(isStopped()).toBe(false)
  stop()
  release()
  expect((await faults).map(({ code }) => code)).toEqual(['stopped', 'stopped', 'stopped'])
  expect(stepsOf(middle).filter(step => step.startsWith('sshd_put')).length).toBe(3)
  expect(stepsOf(middle).filter(step => /^file_put.*authorized_keys/.test(step))).toEqual([])
  expect(stepsOf(near).filter(step => step.startsWith('unit_start'))).toEqual([])
  expect([bytesOf(near), bytesOf(middle)]).toEqual(before)
})

test('after a stop nothing is begun', async () => {
  const { near, middle } = makeCompany()
  expect((await faultOf(make(tunnelOf(near, middle, 't1'), tellNobody))).code).toBe('stopped')
  expect([countRuns(near, 'batch'), countRuns(middle, 'batch')]).toEqual([0, 0])
})

test('after a stop what is there is still read, and a removal that may goes on', async () => {
  const { near, middle } = makeCompany()
  const one = tunnelOf(near, middle, 't1')
  middle.on = { ...middle.on, accounts: { 'tun-t1': { shell: '/bin/sh', comment: 'ssh-tunnels terraform', uid: 998 } } }
  expect(await read(one)).toMatchObject({ parts: { account: { shell: '/bin/sh' }, service: null } })
  expect((await faultOf(remove(one, tellNobody, { evenIfStopped: false }))).code).toBe('stopped')
  expect(Object.keys(middle.on.accounts)).toEqual(['tun-t1'])
  await remove(one, tellNobody)
  expect(middle.on.accounts).toEqual({})
})
