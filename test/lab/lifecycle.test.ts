// A tunnel's life in Terraform: made, changed, renamed, imported, lost, made again, and removed beside somebody else's.
import { type Lab, startLab } from '../../lab'
import { fetchPage, fingerprints, hostsOf, listeners, makeStack, type Stack, untilPage } from './stack'

let lab: Lab
let ours: Stack
let bobs: Stack
let base: Record<string, unknown>
let before: Awaited<ReturnType<typeof fingerprints>>

beforeAll(async () => {
  lab = await startLab()
  ours = await makeStack(lab)
  bobs = await makeStack(lab)
  const host = hostsOf(lab)
  base = { forward: 'remote', listen: '203.0.113.20:8080', far: 'far:80', client: host('near'), server: host('middle') }
  before = await fingerprints(lab)
})
afterAll(async () => {
  await lab?.stop()
  ours?.remove()
  bobs?.remove()
})

const ports = async () => (await listeners(lab, 'middle')).filter(line => !line.endsWith(':22'))
const rules = async () => {
  const lines = (await lab.hosts.middle.sh('nft list ruleset | grep ssh-tunnels || :')).split('\n')
  return lines.map(line => line.trim()).filter(Boolean)
}

test('a change of listen, far, sources and keepalive is made in place, and the old listener and its rule are gone', async () => {
  ours.declare({ web: base })
  await ours.mustApply()
  expect(await ports()).toEqual(['sshd 203.0.113.20:8080'])
  const { unit_sha256 } = ours.attributes('web').service

  const changed = {
    ...base,
    listen: '203.0.113.20:8081',
    far: 'server935:80',
    allow_from: ['192.0.2.64/26'],
    server_alive: { interval: 5, count_max: 2 },
  }
  ours.declare({ web: changed })
  const planned = await ours.plan()
  expect(planned.text).toContain('will be updated in-place')
  expect(planned.text).toMatch(/~ endpoint += "203\.0\.113\.20:8080" -> "203\.0\.113\.20:8081"/)
  await ours.mustApply()

  expect(await ports()).toEqual(['sshd 203.0.113.20:8081'])
  expect(await rules()).toEqual([
    'ip daddr 203.0.113.20 ip saddr 192.0.2.64/26 tcp dport 8081 accept comment "ssh-tunnels web terraform"',
  ])
  const attributes = ours.attributes('web')
  expect(attributes.service.unit_sha256).not.toBe(unit_sha256)
  expect(attributes.sshd).toMatchObject({ permit_listen: ['203.0.113.20:8081'], client_alive_interval: 5 })
  // We may not connect to it ourselves, so the proof came from a host that may.
  expect(attributes.proof).toMatchObject({ from: 'middle', answered: true })
  expect(await fetchPage(lab, 8081, 'visitor')).toBe('hello from far\n')
  expect(await fetchPage(lab, 8081, 'controller')).toBeUndefined()
  expect(await ours.plan()).toMatchObject({ code: 0 })
})

test('one that is disabled stands ready: who starts and stops it by hand makes no drift', async () => {
  ours.declare({ web: { ...base, enabled: false } })
  expect((await ours.plan()).text).toMatch(/~ enabled += true -> false/)
  await ours.mustApply()
  expect(await ports()).toEqual([])
  expect(ours.attributes('web').service).toMatchObject({ enabled: false, active: null })
  expect(await ours.plan()).toMatchObject({ code: 0 })

  await lab.hosts.near.sh('systemctl start tunnel-web')
  expect(await untilPage(lab, 8080)).toBe('hello from far\n')
  expect(await ours.plan()).toMatchObject({ code: 0 })
  await lab.hosts.near.sh('systemctl stop tunnel-web')
  expect(await ours.plan()).toMatchObject({ code: 0 })

  ours.declare({ web: base })
  await ours.mustApply()
  expect(await ports()).toEqual(['sshd 203.0.113.20:8080'])
  expect(ours.attributes('web').service).toMatchObject({ enabled: true, active: true })
})

test('another name is the same tunnel in place, and what stood under the old one goes, with everything', async () => {
  ours.declare({ web: { ...base, name: 'page' } })
  const { text } = await ours.plan()
  expect(text).toContain('will be updated in-place')
  expect(text).toMatch(/~ name += "web" -> "page"/)
  await ours.mustApply()
  expect(await ports()).toEqual(['sshd 203.0.113.20:8080'])
  expect(await rules()).toHaveLength(1)
  const left =
    'getent passwd tun-web; ls -d /etc/ssh-tunnels/web /etc/ssh/sshd_config.d/*-web.conf /etc/systemd/system/*-web.service'
  for (const host of ['near', 'middle'] as const) expect((await lab.hosts[host].exec(left)).stdout).toBe('')
})

test('what stands is imported by its arguments, and the next plan is empty', async () => {
  const known = ours.attributes('web')
  expect(await ours.run(['state', 'rm', 'sshtunnel_tunnel.web'])).toMatchObject({ code: 0 })
  const imported = await ours.run(['import', 'sshtunnel_tunnel.web', JSON.stringify({ ...base, name: 'page' })])
  expect(imported).toMatchObject({ code: 0 })
  expect(ours.attributes('web')).toEqual(known)
  expect(await ours.plan()).toMatchObject({ code: 0 })
})

test('a name that another owner has is refused, and his tunnel stays as it is', async () => {
  bobs.declare({ page: { ...base, owner: 'bob', listen: '203.0.113.20:8090' } })
  const { code, text } = await bobs.apply()
  expect(code).toBe(1)
  expect(text).toMatch(/already has an account tun-page, and it is not\s+ours/)
  expect(text).toContain('it belongs to the same tunnel name of owner terraform')
  expect(await ours.plan()).toMatchObject({ code: 0 })
})

test('values that only another resource knows do in one deploy', async () => {
  const further = { terraform_data: { where: { input: '203.0.113.20:8090' } } }
  const other = { ...base, owner: 'bob', listen: '${terraform_data.where.output}' }
  bobs.declare({ other }, {}, further)
  await bobs.mustApply()
  expect(bobs.attributes('other')).toMatchObject({ listen: '203.0.113.20:8090', endpoint: '203.0.113.20:8090' })
  expect(await fetchPage(lab, 8090)).toBe('hello from far\n')
  expect(await bobs.plan()).toMatchObject({ code: 0 })
})

test('a tunnel of which nothing is left on any host is planned anew', async () => {
  await lab.hosts.near.sh(`systemctl disable --now tunnel-page; rm /etc/systemd/system/tunnel-page.service
    rm -r /etc/ssh-tunnels/page; systemctl daemon-reload; userdel tun-page`)
  await lab.hosts.middle.sh(`rm /etc/ssh/sshd_config.d/*-page.conf; systemctl reload ssh; rm -r /etc/ssh-tunnels/page
    pkill -KILL -u tun-page; while ! userdel tun-page 2>/dev/null; do sleep 0.1; done
    nft delete rule inet filter input handle $(nft -a list ruleset | sed -n 's/.*"ssh-tunnels page .*handle //p')`)
  const { text } = await ours.plan()
  expect(text).toContain('Plan: 1 to add, 0 to change, 0 to destroy.')
})

test('what another owner has made of a lost name is none of ours: neither a deploy nor destroy touches it', async () => {
  bobs.declare({
    other: { ...base, owner: 'bob', listen: '203.0.113.20:8090' },
    page: { ...base, owner: 'bob' },
  })
  await bobs.mustApply()
  const stands = await fingerprints(lab)
  const { code, text } = await ours.apply()
  expect(code).toBe(1)
  expect(text).toContain('it belongs to the same tunnel name of owner bob')
  expect(await fingerprints(lab)).toEqual(stands)
  await ours.destroy()
  expect(await fingerprints(lab)).toEqual(stands)
  expect(await fetchPage(lab, 8080)).toBe('hello from far\n')

  bobs.declare({ other: { ...base, owner: 'bob', listen: '203.0.113.20:8090' } })
  await bobs.mustApply()
})

/** useradd and userdel keep the last version but one of their files, shadow(5); those are put back when our last account goes. */
const withoutBackups = (prints: Awaited<ReturnType<typeof fingerprints>>) =>
  Object.values(prints).map(print => print.replace(/^\/etc\/(passwd|group|shadow|gshadow)- .*\n/gm, ''))

test('destroying one tunnel leaves the other as it is, byte for byte, and serving', async () => {
  ours.declare({ web: { ...base, name: 'page' } })
  const stands = withoutBackups(await fingerprints(lab))
  await ours.mustApply()
  expect(await untilPage(lab, 8080)).toBe('hello from far\n')
  await ours.destroy()
  expect(withoutBackups(await fingerprints(lab))).toEqual(stands)
  expect(await fetchPage(lab, 8090)).toBe('hello from far\n')
  await bobs.destroy()
  expect(await fingerprints(lab)).toEqual(before)
})
