// Names and ports change hands, hosts go away, and what others have made stays theirs.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Lab, startLab } from '../../lab'
import { fetchPage, fingerprints, hostsOf, makeStack, type Stack, untilPage } from '../lab/stack'

let lab: Lab
let stack: Stack
let other: Stack
const quiet = { log: () => {} }
const page = 'hello from far\n'
const tunnel = (port: number, further: object = {}) => {
  const host = hostsOf(lab)
  const ends = { client: host('near'), server: host('middle') }
  return { forward: 'remote', listen: `203.0.113.20:${port}`, far: 'far:80', ...ends, ...further }
}

beforeAll(async () => {
  lab = await startLab(quiet)
  stack = await makeStack(lab)
  other = await makeStack(lab)
})
afterAll(async () => {
  await lab?.stop()
  stack?.remove()
  other?.remove()
})

test('a renamed tunnel keeps its port', async () => {
  stack.declare({ old: tunnel(8081) })
  await stack.mustApply()
  stack.declare({ fresh: tunnel(8081) })
  expect(await stack.mustApply()).toContain('1 added, 0 changed, 1 destroyed')
  expect(await fetchPage(lab, 8081)).toBe(page)
  expect((await stack.plan()).code).toBe(0)
})

test('two tunnels exchange their ports', async () => {
  stack.declare({ fresh: tunnel(8081), b: tunnel(8082) })
  await stack.mustApply()
  stack.declare({ fresh: tunnel(8082), b: tunnel(8081) })
  expect(await stack.mustApply()).toContain('0 added, 2 changed, 0 destroyed')
  expect([await fetchPage(lab, 8081), await fetchPage(lab, 8082)]).toEqual([page, page])
  expect((await stack.plan()).code).toBe(0)
})

test('of two tunnels on one port only one is said to be up', async () => {
  stack.declare({ fresh: tunnel(8083), b: tunnel(8083) })
  const { code, text } = await stack.apply()
  expect(code).toBe(1)
  expect(text).toMatch(/the tunnel does not listen on 203\.0\.113\.20:8083|is taken/)
  await untilPage(lab, 8083)
})

test('a create that fails on top of what was there before is remembered', async () => {
  stack.declare({ fresh: tunnel(8083), b: tunnel(8084) })
  // The two have fought for one port until now. That the one who is to keep it is between two tries takes no second deploy.
  await lab.hosts.near.sh(`systemctl stop tunnel-fresh; systemctl restart tunnel-b`)
  await untilPage(lab, 8083)
  await lab.hosts.near.sh(
    `systemctl start tunnel-fresh; until systemctl is-active tunnel-fresh | grep -q activating; do sleep 0.1; done`,
  )
  await stack.mustApply()
  expect([await fetchPage(lab, 8083), await fetchPage(lab, 8084)]).toEqual([page, page])
  await stack.run(['state', 'rm', 'sshtunnel_tunnel.b'])
  stack.declare({ fresh: tunnel(8083), b: tunnel(8084, { far: 'far:81', adopt: true }) })
  expect((await stack.apply()).code).toBe(1)
  expect(stack.attributes('b')).toBeDefined()
  stack.declare({ fresh: tunnel(8083), b: tunnel(8084) })
  await stack.mustApply()
  expect(await fetchPage(lab, 8084)).toBe(page)
})

test('with one host away, destroy still takes away what is on the other, and says what stays', async () => {
  await lab.cutLink('near')
  const { code, text } = await stack.run(['destroy', '-auto-approve', '-refresh=false', '-target=sshtunnel_tunnel.b'])
  expect(code).toBe(1)
  expect(text).toContain('cannot reach near')
  expect(await lab.hosts.middle.sh('getent passwd tun-b || nft list ruleset | grep " b " || echo gone')).toBe('gone')
  await lab.healLink('near')
  expect(await stack.destroy('-target=sshtunnel_tunnel.b')).toContain('1 destroyed')
  expect((await lab.hosts.near.exec('getent passwd tun-b')).code).not.toBe(0)
})

test.each(['/etc', '/usr/lib'])("somebody's own unit of the same name in %s is left alone", async folder => {
  await stack.destroy()
  const unit = `${folder}/systemd/system/tunnel-web.service`
  await lab.hosts.near.writeFile(unit, '[Service]\nExecStart=/bin/sleep infinity\n')
  const before = await fingerprints(lab)
  stack.declare({ web: tunnel(8085) })
  const { code, text } = await stack.apply()
  expect({ code, text }).toMatchObject({ code: 1, text: expect.stringContaining('already set up by somebody else') })
  expect(await fingerprints(lab)).toEqual(before)
  await lab.hosts.near.sh(`rm ${unit}`)
})

test('what another configuration has made is shown by the plan, and taken over only when it was asked for', async () => {
  stack.declare({ web: tunnel(8086) })
  await stack.mustApply()
  const before = await fingerprints(lab)
  const theirs = { far: 'far:22', listen: '203.0.113.20:8087' }
  other.declare({ web: tunnel(8086, theirs) })
  const shown = await other.plan()
  expect(shown).toMatchObject({
    code: 2,
    text: expect.stringMatching(/will take over what stands: apply refuses that/),
  })
  const refused = await other.apply()
  expect(refused.code).toBe(1)
  for (const way of ['another name or owner', 'import it', 'adopt = true', ':8087', ':8086'])
    expect(refused.text).toContain(way)
  expect(other.state()?.resources ?? []).toEqual([])
  expect(await fingerprints(lab)).toEqual(before)
  expect((await stack.plan()).code).toBe(0)

  other.declare({ web: tunnel(8086, { ...theirs, adopt: true }) })
  expect(await other.mustApply()).toContain('will take over what stands: adopt is set')
  expect((await other.plan()).code).toBe(0)
  await other.destroy()
})

test('what a lost state has made is taken over as it stands, and what Terraform replaces is not in its way', async () => {
  stack.declare({ web: tunnel(8086) })
  await stack.mustApply()
  await stack.run(['state', 'rm', 'sshtunnel_tunnel.web'])
  expect((await stack.plan()).text).not.toContain('will take over')
  await stack.mustApply()
  // Removed first.
  stack.declare({ web: { ...tunnel(8088), client: hostsOf(lab)('far') } })
  expect((await stack.plan()).text).not.toContain('will take over')
  expect(await stack.mustApply()).toContain('1 added, 0 changed, 1 destroyed')
  // Made first, over what stands on middle.
  const firstMade = { adopt: true, lifecycle: { create_before_destroy: true } }
  stack.declare({ web: tunnel(8089, firstMade) })
  expect(await stack.mustApply()).toContain('1 added, 0 changed, 1 destroyed')
  expect(await fetchPage(lab, 8089)).toBe(page)
  expect((await lab.hosts.far.exec('getent passwd tun-web')).code).not.toBe(0)
  await stack.destroy()
})

describe.each(['ufw', 'firewalld'] as const)('where %s makes the rules', middle => {
  let hosts: Lab
  let own: Stack
  beforeAll(async () => {
    hosts = await startLab({ ...quiet, images: { middle } })
    own = await makeStack(hosts)
  })
  afterAll(async () => {
    await hosts?.stop()
    own?.remove()
  })

  test('a tunnel under another name, moved, is another one: the old one goes first, and nothing of it stays', async () => {
    const before = await fingerprints(hosts)
    const ends = { client: hostsOf(hosts)('near'), server: hostsOf(hosts)('middle') }
    own.declare({ old: tunnel(8080, ends) })
    await own.mustApply()
    own.declare({ fresh: tunnel(8080, ends) })
    writeFileSync(
      join(own.folder, 'moved.tf.json'),
      JSON.stringify({ moved: [{ from: 'sshtunnel_tunnel.old', to: 'sshtunnel_tunnel.fresh' }] }),
    )
    expect(await own.mustApply()).toContain('1 added, 0 changed, 1 destroyed')
    expect(await fetchPage(hosts, 8080)).toBe(page)
    expect((await own.plan()).code).toBe(0)
    await own.run(['destroy', '-auto-approve'])
    expect(await fingerprints(hosts)).toEqual(before)
  })
})
