// A step that fails stops its own tunnel and nobody else's, and what was begun is taken back.
import { make } from '../../engine/change/make'
import { remove } from '../../engine/change/remove'
import { read } from '../../engine/proof/observe'
import { bytesOf, faultOf, makeCompany, manyOf, nothing, standingOf, tellNobody, tunnelOf } from './company'
import { countRuns, type FakeHost, stepsOf } from './fake-reach'

const byVerb = (verb: string, name: string) => (line: { verb: string; args: readonly string[] }) =>
  line.verb === verb && line.args.join(' ').includes(name) ? `${verb} does not work` : null

/** Where each verb of a create runs; the port is opened on middle. */
const verbs: [string, 'near' | 'middle', string][] = [
  ['account_add', 'near', 'tun-t1'],
  ['key_make', 'near', '/t1/'],
  ['file_put', 'near', '/t1/known_hosts'],
  ['unit_put', 'near', 'tunnel-t1.'],
  ['unit_enable', 'near', 'tunnel-t1.'],
  ['unit_start', 'near', 'tunnel-t1.'],
  ['account_add', 'middle', 'tun-t1'],
  ['sshd_put', 'middle', '-t1.'],
  ['firewall_keep', 'middle', '/t1/'],
  ['file_put', 'middle', '/t1/authorized_keys'],
]

const open = (near: FakeHost, middle: FakeHost) => (name: string) =>
  tunnelOf(near, middle, name, { listen: `203.0.113.20:${2100 + Number(name.slice(1))}`, probe: 'none' })

test.each(verbs)(
  'where %s fails on %s the other tunnels are made, and this one is taken back',
  async (verb, where, name) => {
    const company = makeCompany()
    const { near, middle } = company
    company[where].fails = byVerb(verb, name)
    const [t0, t1, t2] = manyOf(3, open(near, middle)).map(one => make(one, tellNobody))
    const fault = await faultOf(t1 ?? Promise.resolve())
    expect([fault.code, fault.host, fault.script, fault.stderr]).toEqual([
      'step-failed',
      where,
      verb,
      `${verb} does not work`,
    ])
    for (const made of [await t0, await t2]) expect(made?.parts.service).toMatchObject({ active: true, enabled: true })
    expect([standingOf(near, 't1'), standingOf(middle, 't1')]).toEqual([nothing, nothing])
    expect(standingOf(middle, 't0').rules).toBeGreaterThan(0)
  },
)

test.each(verbs)(
  'where %s fails on %s and nobody else is there, both hosts are as before, byte for byte',
  async (verb, where, name) => {
    const company = makeCompany()
    const { near, middle } = company
    const before = [bytesOf(near), bytesOf(middle)]
    company[where].fails = byVerb(verb, name)
    expect((await faultOf(make(open(near, middle)('t1'), tellNobody))).code).toBe('step-failed')
    expect([bytesOf(near), bytesOf(middle)]).toEqual(before)
  },
)

test('what was made is said to be taken back, and nothing is where nothing was made', async () => {
  const taking = 'it failed: taking back what was made'
  const saidWhere = async (verb: string) => {
    const { near, middle } = makeCompany()
    near.fails = byVerb(verb, '')
    middle.fails = byVerb('account_add', '')
    const said: string[] = []
    expect((await faultOf(make(open(near, middle)('t1'), what => said.push(what)))).code).toBe('step-failed')
    return said
  }
  expect(await saidWhere('account_add')).not.toContain(taking)
  const said = await saidWhere('unit_put')
  expect(said.filter(what => what === taking)).toHaveLength(1)
  expect(said[said.indexOf(taking) + 1]).toMatch(/: remove /)
})

test.each(['sshd_commit', 'firewall_commit'])(
  'where %s fails all whom it concerns are refused, and taken back',
  async verb => {
    const { near, middle } = makeCompany()
    const before = [bytesOf(near), bytesOf(middle)]
    middle.fails = byVerb(verb, '')
    const faults = await Promise.all(manyOf(3, open(near, middle)).map(one => faultOf(make(one, tellNobody))))
    expect(new Set(faults.map(({ code, script }) => `${code} ${script}`))).toEqual(new Set([`step-failed ${verb}`]))
    expect([bytesOf(near), bytesOf(middle)]).toEqual(before)
  },
)

test.each([
  ['sshd_put', 'sshd -t'],
  ['firewall_keep', 'nft'],
  ['firewall_open', 'nft'],
])('of many whose %s is checked at once by %s the guilty are told, and the others go on', async (verb, _by) => {
  const { near, middle } = makeCompany()
  middle.refuses = line =>
    line.verb === verb && /[14]/.test(/t(\d)\b/.exec(line.args.join(' '))?.[1] ?? '')
      ? `not ${line.args.join(' ').match(/t\d\b/)}`
      : null
  const made = await Promise.allSettled(manyOf(6, open(near, middle)).map(one => make(one, tellNobody)))
  const said = made.map(one =>
    one.status === 'rejected' ? `${one.reason.code} ${one.reason.script} ${one.reason.stderr}` : 'made',
  )
  expect(said).toEqual(['made', `step-failed ${verb} not t1`, 'made', 'made', `step-failed ${verb} not t4`, 'made'])
  expect([standingOf(middle, 't1'), standingOf(near, 't4')]).toEqual([nothing, nothing])
  // One more for all the guilty together, and one that takes them back.
  expect(countRuns(middle, 'batch')).toBe(4)
})

test('where many of fifty fail all others are made', async () => {
  const { near, middle } = makeCompany()
  near.fails = ({ verb, args }) =>
    verb === 'unit_start' && /[05]\.service/.test(args[0] ?? '') ? 'it does not start' : null
  const made = await Promise.allSettled(
    manyOf(50, name => tunnelOf(near, middle, name)).map(one => make(one, tellNobody)),
  )
  const failed = made.flatMap(({ status }, index) => (status === 'rejected' ? [index] : []))
  expect(failed).toEqual([0, 5, 10, 15, 20, 25, 30, 35, 40, 45])
  for (const index of failed) expect(standingOf(middle, `t${index}`)).toEqual(nothing)
})

test('an update that fails leaves the tunnel standing, and the next one finishes it', async () => {
  const { near, middle } = makeCompany()
  await make(tunnelOf(near, middle, 't1'), tellNobody)
  const changed = tunnelOf(near, middle, 't1', { far: 'other:22' })
  near.fails = byVerb('unit_put', 't1')
  expect((await faultOf(make(changed, tellNobody))).code).toBe('step-failed')
  expect(await read(changed)).toMatchObject({ parts: { account: {}, key: {}, sshd: {}, service: { active: true } } })
  expect(stepsOf(near).filter(step => step.startsWith('account_remove'))).toEqual([])
  near.fails = () => null
  expect((await make(changed, tellNobody)).proof?.answered).toBe(true)
})

test('a create that finds a part of it there is no create: its failure leaves what there is', async () => {
  const { near, middle } = makeCompany()
  await make(tunnelOf(near, middle, 't1'), tellNobody)
  near.on = { ...near.on, units: {}, files: {}, keys: {}, accounts: {} }
  near.fails = byVerb('unit_start', 't1')
  expect((await faultOf(make(tunnelOf(near, middle, 't1'), tellNobody))).code).toBe('step-failed')
  expect(standingOf(middle, 't1').accounts).toHaveProperty('tun-t1')
})

test('a removal whose step fails on one host clears the other, and then throws', async () => {
  const { near, middle } = makeCompany()
  const one = tunnelOf(near, middle, 't1')
  await make(one, tellNobody)
  near.fails = byVerb('account_remove', 't1')
  const fault = await faultOf(remove(one, tellNobody))
  expect([fault.code, fault.host]).toEqual(['step-failed', 'near'])
  expect(standingOf(middle, 't1')).toEqual(nothing)
  expect(Object.keys(near.on.accounts)).toEqual(['tun-t1'])
})

test('a host whose lock another deploy holds is not changed, and nothing is left on the other', async () => {
  const { near, middle } = makeCompany()
  const before = [bytesOf(near), bytesOf(middle)]
  middle.busy = true
  const work = make(tunnelOf(near, middle, 't1'), tellNobody)
  const fault = await faultOf(work)
  expect([fault.code, fault.host, fault.exitStatus]).toEqual(['step-failed', 'middle', 75])
  expect([bytesOf(near), bytesOf(middle)]).toEqual(before)
})
