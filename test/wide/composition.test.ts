// Moved, removed and import blocks for every kind of tunnel; and two stacks at once whose tunnels are of all kinds.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Lab, startLab } from '../../lab'
import { fetchPage, fingerprints, hostsOf, makeStack, type Stack } from '../lab/stack'

let lab: Lab
let stack: Stack
let other: Stack
let before: Awaited<ReturnType<typeof fingerprints>>

type Config = Record<string, unknown>

/** Each by what it is called behind its owner; `base` keeps two stacks apart. */
function kinds(owner: string, base: number): Record<string, Config> {
  const ends = { owner, client: hostsOf(lab)('near'), server: hostsOf(lab)('middle') }
  const remote = (port: number) => ({
    forward: 'remote',
    listen: `203.0.113.20:${base + port}`,
    far: 'far:80',
    probe: 'http',
  })
  const local = (port: number) => ({
    forward: 'local',
    listen: `127.0.0.1:${base + port}`,
    far: 'far:80',
    probe: 'http',
  })
  const several = [remote(1), local(2)]
  const shared = [
    { name: `${owner}-x`, ...remote(3) },
    { name: `${owner}-y`, ...local(4) },
  ]
  const all: Record<string, Config> = {
    plain: remote(0),
    several: { forwards: several },
    shared: { shared: true, forwards: shared },
    dynamic: {
      forward: 'dynamic',
      listen: `127.0.0.1:${base + 5}`,
      far: 'far:80',
      probe: 'http',
      permit_open: ['far:80'],
    },
    // In a folder of everybody's, where only its owner may remove a file.
    socket: { forward: 'remote', listen: `/run/app/${owner}.sock`, far: 'far:80', probe: 'http' },
    inside: { forward: 'local', listen: `/run/app/${owner}.sock`, far: 'far:80', probe: 'http' },
  }
  return Object.fromEntries(Object.entries(all).map(([kind, one]) => [kind, { ...one, ...ends }]))
}
const named = (start: string, of: Record<string, Config>) =>
  Object.fromEntries(Object.entries(of).map(([kind, one]) => [`${start}-${kind}`, one]))
const blocks = (text: string) => writeFileSync(join(stack.folder, 'blocks.tf'), text)
const names = () => Object.keys(kinds('one', 8100))
const proofs = (start: string) =>
  names().flatMap(kind => {
    const { proof, proofs: all } = stack.attributes(`${start}-${kind}`)
    return [proof, ...(all ?? [])].map(({ answered }: { answered: boolean }) => answered)
  })

beforeAll(async () => {
  lab = await startLab()
  ;[stack, other] = await Promise.all([makeStack(lab), makeStack(lab)])
  await Promise.all((['near', 'middle'] as const).map(name => lab.hosts[name].sh('mkdir -m 1777 /run/app')))
  before = await fingerprints(lab)
})
afterAll(async () => {
  await lab?.stop()
  stack?.remove()
  other?.remove()
})

test('two stacks of all kinds that deploy at once lose nothing, and then have nothing to do', async () => {
  stack.declare(named('one', kinds('one', 8100)))
  other.declare(named('two', kinds('two', 8200)))
  await Promise.all([stack.mustApply(), other.mustApply()])
  for (const port of [8100, 8101, 8103, 8200, 8201, 8203]) expect(await fetchPage(lab, port)).toBe('hello from far\n')
  const plans = await Promise.all([stack.plan(), other.plan()])
  expect(plans.map(({ code, text }) => (code === 0 ? '' : text))).toEqual(['', ''])
})

test('each is moved to another name in place, is up again, and nothing of its old name stays', async () => {
  stack.declare(named('new', kinds('one', 8100)))
  const moved = names().map(
    kind => `moved {\n  from = sshtunnel_tunnel.one-${kind}\n  to = sshtunnel_tunnel.new-${kind}\n}\n`,
  )
  blocks(moved.join(''))
  const { text } = await stack.plan()
  expect(text).toContain(`Plan: 0 to add, ${names().length} to change, 0 to destroy.`)
  for (const kind of names()) expect(text).toContain(`one-${kind} goes on as new-${kind}`)
  await stack.mustApply()
  expect(new Set(proofs('new'))).toEqual(new Set([true]))
  expect((await stack.plan()).code).toBe(0)
  for (const name of ['near', 'middle'] as const)
    expect(await lab.hosts[name].sh('getent passwd | grep tun-one; ls /etc/ssh-tunnels | grep ^one || :')).toBe('')
  expect((await other.plan()).code).toBe(0)
})

test('a removed block forgets each and leaves it up; an import block takes it back as it is', async () => {
  stack.declare({})
  const removed = names().map(
    kind => `removed {\n  from = sshtunnel_tunnel.new-${kind}\n  lifecycle {\n    destroy = false\n  }\n}\n`,
  )
  blocks(removed.join(''))
  expect(await stack.mustApply()).toContain('0 destroyed')
  for (const port of [8100, 8101, 8103]) expect(await fetchPage(lab, port)).toBe('hello from far\n')
  const all = named('new', kinds('one', 8100))
  stack.declare(all)
  const imported = Object.entries(all).map(([name, one]) => {
    const id = JSON.stringify(JSON.stringify({ name, ...one }))
    return `import {\n  to = sshtunnel_tunnel.${name}\n  id = ${id}\n}\n`
  })
  blocks(imported.join(''))
  expect(await stack.mustApply()).toContain(`${names().length} imported, 0 added, 0 changed, 0 destroyed`)
  blocks('')
  expect((await stack.plan()).code).toBe(0)
})

test('both destroyed at once, the hosts are as they were', async () => {
  await Promise.all([stack.destroy(), other.destroy()])
  expect(await fingerprints(lab)).toEqual(before)
})
