// Clients that OpenRC and sysvinit run, by the command and by Terraform; one that goes from one supervisor to another; and one before a server that others run. The one without any init is
// tried in test/lab.
import { type Lab, startLab } from '../../lab'
import { waitFor } from '../../lab/command'
import { makeCommandLine } from '../lab/command-line'
import { fetchPage, fingerprints, hostsOf, makeStack, type Stack } from '../lab/stack'
import { describeSupervised } from '../lab/supervision'

let lab: Lab
beforeAll(async () => {
  lab = await startLab({ images: { near: 'sysvinit', far: 'openrc' } })
}, 600_000)
afterAll(() => lab?.stop())

describeSupervised(() => lab, {
  client: 'near',
  supervisor: 'sysvinit',
  by: '/etc/init.d/tunnel-NAME VERB',
  unit: 'tunnel-NAME',
  path: '/etc/init.d/tunnel-NAME',
  port: 8081,
  boots: true,
})

describeSupervised(() => lab, {
  client: 'far',
  supervisor: 'openrc',
  by: 'rc-service tunnel-NAME VERB',
  unit: 'tunnel-NAME',
  path: '/etc/init.d/tunnel-NAME',
  port: 8082,
  boots: true,
})

describe('by Terraform', () => {
  let stack: Stack
  let before: Awaited<ReturnType<typeof fingerprints>>
  beforeAll(async () => {
    stack = await makeStack(lab)
    await Promise.all([
      lab.hosts.far.sh('busybox httpd -p 8000 -h /srv/www'),
      lab.hosts.near.sh('mkdir -p /srv/near && echo near >/srv/near/index.html && busybox httpd -p 8000 -h /srv/near'),
    ])
    before = await fingerprints(lab)
  })
  afterAll(() => stack?.remove())

  const host = (name: 'near' | 'middle' | 'far', further = {}) => hostsOf(lab)(name, further)
  const tunnel = (client: 'near' | 'far', port: number, further = {}) => ({
    forward: 'remote',
    listen: `203.0.113.20:${port}`,
    far: 'localhost:8000',
    client: host(client, further),
    server: host('middle'),
  })
  const serviceOf = (name: string) => (stack.attributes(name) as { service: unknown }).service

  test('a plan of new ones says who will keep them where the spec names it', async () => {
    stack.declare({ first: tunnel('near', 8091), second: tunnel('far', 8092, { supervisor: 'openrc' }) })
    const planned = await stack.run(['plan', '-out=plan'])
    expect(planned.text).toMatch(/supervisor += \(known after apply\)/)
    expect(planned.text).toMatch(/supervisor += "openrc"/)
    await stack.run(['apply', 'plan'])
    expect(serviceOf('first')).toMatchObject({
      supervisor: 'sysvinit',
      unit: 'tunnel-first',
      active: true,
      enabled: true,
    })
    expect(serviceOf('second')).toMatchObject({ supervisor: 'openrc', unit: 'tunnel-second', active: true })
    expect(await fetchPage(lab, 8091)).toBe('near\n')
    expect(await stack.plan()).toMatchObject({ code: 0 })
  })

  test('who ends one by hand is seen, and one that is named otherwise goes there in place', async () => {
    await lab.hosts.far.sh('rc-service tunnel-second stop')
    const seen = await stack.plan()
    expect(seen).toMatchObject({ code: 2, text: expect.stringMatching(/active += false -> true/) })
    stack.declare({
      first: tunnel('near', 8091, { supervisor: 'pidfile' }),
      second: tunnel('far', 8092),
    })
    await stack.mustApply()
    expect(serviceOf('first')).toMatchObject({
      supervisor: 'pidfile',
      unit: '/etc/ssh-tunnels/first/service',
      enabled: false,
    })
    expect(serviceOf('second')).toMatchObject({ supervisor: 'openrc', active: true })
    expect((await lab.hosts.near.exec('ls /etc/init.d/tunnel-first /etc/rc?.d/*tunnel-first')).stdout).toBe('')
    expect(await fetchPage(lab, 8091)).toBe('near\n')
    expect(await stack.plan()).toMatchObject({ code: 0 })
  })

  test('one that does not run there is refused before anything is touched', async () => {
    stack.declare({ first: tunnel('near', 8091, { supervisor: 'systemd' }), second: tunnel('far', 8092) })
    const refused = await stack.run(['apply', '-auto-approve'])
    expect(refused.text).toContain('near runs no systemd, which is to keep the tunnel')
    expect(await fetchPage(lab, 8091)).toBe('near\n')
    stack.declare({ first: tunnel('near', 8091), second: tunnel('far', 8092) })
    await stack.mustApply()
    expect(serviceOf('first')).toMatchObject({ supervisor: 'sysvinit', enabled: true })
  })

  test('destroy leaves all as it was', async () => {
    await stack.destroy()
    expect(await fingerprints(lab)).toEqual(before)
  })
})

test('before a server that others run ssh is tried again and again until it is let in, which is no drift', async () => {
  const line = makeCommandLine(lab)
  const { address, hostKey } = lab.hosts.middle
  const web = { client: 'near', server: 'middle', forward: 'local', listen: '127.0.0.1:8080', far: 'far:22' }
  const hosts = { near: line.hostOf('near'), middle: { managed: false, address, user: 'relay', hostKey } }
  line.write('tunnels.yaml', { owner: 'bob', hosts, tunnels: { web } })
  try {
    await lab.hosts.middle.sh('useradd -m relay && install -d -m 700 -o relay /home/relay/.ssh')
    expect((await line.runTunnels('apply')).said).toContain("does not let the tunnel's key in as relay")
    const isTried = async () => /begins anew in [1-9]/.test(await lab.hosts.near.sh('cat /var/log/tunnel-web.log'))
    await waitFor('a pause between two tries', async () => (await isTried()) || undefined)
    const { said } = await line.runTunnels('plan', '--json')
    expect(said).not.toContain('"attribute": "service"')
    const { handover } = JSON.parse(await line.must('handover', 'tunnels.yaml', 'web', '--json'))
    await lab.hosts.middle.writeFile('/home/relay/.ssh/authorized_keys', `${handover.authorizedKeys}\n`)
    await line.must('apply', 'tunnels.yaml')
    expect(await lab.hosts.near.sh('nc -w 2 127.0.0.1 8080 </dev/null')).toMatch(/^SSH-/)
    expect((await line.runTunnels('plan', '--detailed-exitcode')).code).toBe(0)
    await line.must('destroy', 'tunnels.yaml')
  } finally {
    line.remove()
  }
})
