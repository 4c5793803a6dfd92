// Stacks beside each other on one middle: two that deploy at once, names that are taken, and Terraform's moved, removed and import blocks.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Lab, startLab } from '../../lab'
import { startVisits } from './poll'
import { fetchPage, fingerprints, hostsOf, makeStack, type Stack } from './stack'

let lab: Lab
let stack: Stack
let other: Stack
let before: Awaited<ReturnType<typeof fingerprints>>

const web = (port: number, owner: string) => ({
  owner,
  forward: 'remote',
  client: hostsOf(lab)('near'),
  server: hostsOf(lab)('middle'),
  listen: `203.0.113.20:${port}`,
  far: 'far:80',
})
const blocks = (of: Stack, text: string) => writeFileSync(join(of.folder, 'blocks.tf'), text)
const ours = (name: string) =>
  lab.hosts.middle.sh(
    `getent passwd tun-${name}; ls -d /etc/ssh-tunnels/${name} /etc/ssh/sshd_config.d/*-${name}.conf 2>/dev/null; nft list ruleset | grep "ssh-tunnels ${name} " || true`,
  )

beforeAll(async () => {
  lab = await startLab()
  ;[stack, other] = await Promise.all([makeStack(lab), makeStack(lab)])
  before = await fingerprints(lab)
})
afterAll(async () => {
  await lab?.stop()
  stack?.remove()
  other?.remove()
})

test('two stacks that deploy at the same time to one middle lose nothing, and then have nothing to do', async () => {
  const of = (owner: string, ports: readonly number[]) =>
    Object.fromEntries(ports.map(port => [`${owner}-${port}`, web(port, owner)]))
  stack.declare(of('one', [8080, 8081]))
  other.declare(of('two', [8090, 8091]))
  await Promise.all([stack.mustApply(), other.mustApply()])
  for (const port of [8080, 8081, 8090, 8091]) expect(await fetchPage(lab, port)).toBe('hello from far\n')
  const plans = await Promise.all([stack.plan(), other.plan()])
  expect(plans.map(({ code, text }) => (code === 0 ? '' : text))).toEqual(['', ''])
})

test('a name that another owner has is refused, and what stands there stays', async () => {
  stack.declare({ ...{ 'one-8080': web(8080, 'one'), 'one-8081': web(8081, 'one') }, 'two-8090': web(8099, 'one') })
  const { code, text } = await stack.apply()
  expect({ code, text }).toMatchObject({ code: 1, text: expect.stringContaining('belongs to') })
  expect(await fetchPage(lab, 8090)).toBe('hello from far\n')
  expect((await other.plan()).code).toBe(0)
})

test('moved to another name it stays up, but for one login, and the plan says so', async () => {
  stack.declare({ shop: web(8080, 'one'), 'one-8081': web(8081, 'one') })
  blocks(stack, 'moved {\n  from = sshtunnel_tunnel.one-8080\n  to = sshtunnel_tunnel.shop\n}\n')
  const { text } = await stack.plan()
  expect(text).toContain('Plan: 0 to add, 1 to change, 0 to destroy.')
  expect(text).toMatch(/one-8080 goes on as shop/)
  const visits = await startVisits(lab, 8080)
  await stack.mustApply()
  expect((await visits.end()).visits).toBeGreaterThan(0)
  expect(await fetchPage(lab, 8080)).toBe('hello from far\n')
  expect(await ours('one-8080')).toBe('')
  expect((await stack.plan()).code).toBe(0)
  expect(stack.attributes('shop')).toMatchObject({ account: { name: 'tun-shop' }, endpoint: '203.0.113.20:8080' })
})

test('a removed block forgets it and leaves it up; an import block takes it back as it is', async () => {
  stack.declare({ shop: web(8080, 'one') })
  blocks(stack, 'removed {\n  from = sshtunnel_tunnel.one-8081\n  lifecycle {\n    destroy = false\n  }\n}\n')
  expect(await stack.mustApply()).toContain('0 destroyed')
  expect(await fetchPage(lab, 8081)).toBe('hello from far\n')
  stack.declare({ shop: web(8080, 'one'), 'one-8081': web(8081, 'one') })
  const id = JSON.stringify(JSON.stringify({ name: 'one-8081', ...web(8081, 'one') }))
  blocks(stack, `import {\n  to = sshtunnel_tunnel.one-8081\n  id = ${id}\n}\n`)
  expect(await stack.mustApply()).toMatch(/1 imported, 0 added, 0 changed, 0 destroyed/)
  blocks(stack, '')
  expect((await stack.plan()).code).toBe(0)
})

test('both destroyed at once, the hosts are as they were', async () => {
  await Promise.all([stack.destroy(), other.destroy()])
  expect(await fingerprints(lab)).toEqual(before)
})
