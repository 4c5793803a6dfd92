// A client in a container with no init at all, also before a server that others run. OpenRC and sysvinit are tried in test/wide.
import { type Lab, startLab } from '../../lab'
import { waitFor } from '../../lab/command'
import { makeCommandLine } from './command-line'
import { describeSupervised } from './supervision'

let lab: Lab
beforeAll(async () => {
  lab = await startLab({ images: { near: 'no-init' } })
})
afterAll(() => lab?.stop())

describeSupervised(() => lab, {
  client: 'near',
  supervisor: 'pidfile',
  by: '/etc/ssh-tunnels/NAME/service VERB',
  unit: '/etc/ssh-tunnels/NAME/service',
  path: '/etc/ssh-tunnels/NAME/service',
  port: 8081,
  boots: false,
})

test('before a server that others run ssh is tried again and again until it is let in, which is no drift', async () => {
  const line = makeCommandLine(lab)
  const { address, hostKey } = lab.hosts.middle
  const web = { client: 'near', server: 'middle', forward: 'local', listen: '127.0.0.1:8080', far: 'far:80' }
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
    expect(await lab.hosts.near.sh('curl --silent http://127.0.0.1:8080/')).toBe('hello from far')
    expect((await line.runTunnels('plan', '--detailed-exitcode')).code).toBe(0)
    await line.must('destroy', 'tunnels.yaml')
  } finally {
    line.remove()
  }
})
