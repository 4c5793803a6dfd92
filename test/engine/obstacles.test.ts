// What a plan says that an apply would stop at: one list for the command, which is alone, and for a plan of Terraform's, where others act too.
import { make } from '../../engine/change/make'
import { planChanges } from '../../engine/compare/plan-changes'
import { lookAt, see } from '../../engine/look/look'
import { findObstacles } from '../../engine/look/obstacles'
import type { Declared } from '../../engine/wish/declared'
import { makeCompany, tellNobody, tunnelOf } from './company'
import type { FakeHost } from './fake-reach'

const owner = 'shop'
type Company = ReturnType<typeof makeCompany>
const webOf = ({ near, middle }: Company): Declared => tunnelOf(near, middle, 't1', { owner })
const settingsOf = ({ host }: FakeHost): Declared => ({
  type: 'middle',
  input: { name: host.name, owner, host, gatewayPorts: 'no' },
})

/** As the command says it. */
async function commanded(company: Company, declared: readonly Declared[], ownsAll = true) {
  const hosts = [company.near.host, company.middle.host]
  const { changes, troubles } = await planChanges({ owner, ownsAll, hosts, declared })
  return {
    due: changes.map(({ type, action }) => `${action} ${type}`),
    troubles: troubles.map(({ about, why }) => `${about}: ${(why as { code?: string }).code}`),
  }
}

/** As a plan of Terraform's says it, where nothing else of ours is planned. */
async function foreseen(declared: Declared, settles = false) {
  const beside = { others: true, mayLeave: () => false, settles: () => settles, staying: [] }
  const obstacles = findObstacles(see(declared, await lookAt([declared])), beside)
  return obstacles.map(({ fault, isFinal }) => `${fault.code}: ${isFinal ? 'final' : 'may pass'}`)
}

const listener = { address: '127.0.0.1', port: 2101, program: 'nc', pid: 7, uid: 0 }

test('values of sshd that somebody overrules stop an apply, so both plans say that', async () => {
  const company = makeCompany()
  const web = webOf(company)
  await make(web, tellNobody)
  company.middle.overrules = { allowtcpforwarding: 'no' }
  company.world.closeAll()
  expect(await commanded(company, [web])).toEqual({ due: [], troubles: ['tunnel t1: sshd-overruled'] })
  expect(await foreseen(web)).toEqual(['sshd-overruled: final'])
})

test('a port that another program holds stays taken, whatever else goes and whichever settings change', async () => {
  const company = makeCompany()
  const { near, middle } = company
  await make(tunnelOf(near, middle, 't2', { owner }), tellNobody)
  middle.on = { ...middle.on, listeners: [listener] }
  expect(await commanded(company, [settingsOf(middle), webOf(company)])).toEqual({
    due: ['create middle', 'remove tunnel'],
    troubles: ['tunnel t1: port-taken'],
  })
  expect(await foreseen(webOf(company), true)).toEqual(['port-taken: final'])
})

test('a port that another owner’s tunnel holds is free only where others act too', async () => {
  const company = makeCompany()
  const { near, middle } = company
  await make(tunnelOf(near, middle, 'other1', { owner: 'other' }), tellNobody)
  expect((await commanded(company, [webOf(company)])).troubles).toEqual(['tunnel t1: port-taken'])
  expect(await foreseen(webOf(company))).toEqual(['port-taken: may pass'])
})

test('a port that a tunnel of the same owner keeps, for the spec does not name it, is taken', async () => {
  const company = makeCompany()
  const { near, middle } = company
  await make(tunnelOf(near, middle, 'other1', { owner }), tellNobody)
  expect((await commanded(company, [webOf(company)], false)).troubles).toEqual(['tunnel t1: port-taken'])
  expect(await commanded(company, [webOf(company)])).toEqual({ due: ['create tunnel', 'remove tunnel'], troubles: [] })
})

test('what the settings of a host may put right is no obstacle where they change first, and one where they stay', async () => {
  const company = makeCompany()
  const { middle } = company
  middle.on = { ...middle.on, sshd: { '*': { ...middle.on.sshd['*'], pubkeyacceptedalgorithms: 'ssh-rsa' } } }
  const all = [settingsOf(middle), webOf(company)]
  expect(await commanded(company, all)).toEqual({ due: ['create middle', 'create tunnel'], troubles: [] })
  expect([await foreseen(webOf(company), true), await foreseen(webOf(company))]).toEqual([
    ['sshd-denies: may pass'],
    ['sshd-denies: final'],
  ])
  await make(settingsOf(middle), tellNobody)
  company.world.closeAll()
  expect(await commanded(company, all)).toEqual({ due: ['none middle'], troubles: ['tunnel t1: sshd-denies'] })
  expect(await commanded(company, [webOf(company)])).toEqual({
    due: ['create tunnel', 'remove middle'],
    troubles: [],
  })
})

test('what others may make first stops the command alone', async () => {
  const company = makeCompany()
  company.middle.on = { ...company.middle.on, missing: ['flock'] }
  expect((await commanded(company, [webOf(company)])).troubles).toEqual(['tunnel t1: missing-program'])
  expect(await foreseen(webOf(company))).toEqual(['missing-program: may pass'])
})

test('each host tells its own, also where the other is away', async () => {
  const company = makeCompany()
  const { near, middle } = company
  await make(tunnelOf(near, middle, 't1', { owner: 'other', listen: '127.0.0.1:2109' }), tellNobody)
  const { troubles } = await commanded(company, [webOf(company)])
  expect(troubles).toEqual(['tunnel t1: name-taken', 'tunnel t1: name-taken'])
  near.away = true
  company.world.closeAll()
  expect(await commanded(company, [webOf(company)])).toEqual({
    due: [],
    troubles: ['host near: host-unreachable', 'tunnel t1: name-taken'],
  })
  expect(await foreseen(webOf(company))).toEqual(['host-unreachable: may pass', 'name-taken: final'])
})
