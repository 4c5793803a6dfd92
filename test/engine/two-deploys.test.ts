// Two deploys of the same tunnel at once: the second goes on from what the first has made, and takes nothing of it back.
import { make } from '../../engine/change/make'
import { faultOf, makeCompany, nothing, standingOf, tellNobody, tunnelOf } from './company'

/** The account that another deploy makes while ours is on its way. */
async function meet() {
  const { near, middle, world } = makeCompany()
  const one = tunnelOf(near, middle, 't1')
  const { reached, release } = middle.hold('batch')
  const told: string[] = []
  const making = make(one, what => told.push(what))
  await reached
  const account = { shell: '/usr/sbin/nologin', comment: 'ssh-tunnels terraform', uid: 998 }
  middle.on = { ...middle.on, accounts: { 'tun-t1': account } }
  return { near, middle, world, making, release, told }
}

test('what another deploy has made since our look is gone on from', async () => {
  const { making, release, told } = await meet()
  release()
  expect((await making).proof?.answered).toBe(true)
  expect(told).toContain('another deploy is making it too: going on from what it has made')
})

test('a failure after that takes nothing back', async () => {
  const { near, middle, making, release } = await meet()
  near.fails = ({ verb }) => (verb === 'unit_start' ? 'it does not start' : null)
  release()
  expect((await faultOf(making)).code).toBe('step-failed')
  expect(standingOf(middle, 't1')).not.toEqual(nothing)
})

test("another owner's account that has come since is not gone on from, and stays", async () => {
  const { middle, making, release } = await meet()
  const account = { shell: '/bin/sh', comment: 'ssh-tunnels you', uid: 997 }
  middle.on = { ...middle.on, accounts: { 'tun-t1': account } }
  middle.fails = ({ verb }) => (verb === 'account_add' ? 'account tun-t1 has been made since we looked' : null)
  release()
  expect((await faultOf(making)).code).toBe('step-failed')
  expect(middle.on.accounts['tun-t1']).toEqual(account)
})

test('two at once from one process too', async () => {
  const { near, middle } = makeCompany()
  const both = await Promise.all([1, 2].map(() => make(tunnelOf(near, middle, 't1'), tellNobody)))
  expect(both.map(({ proof }) => proof?.answered)).toEqual([true, true])
})
