// Who forwards on a host is listed, adopted and judged on every kind of host, whoever made it.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ImageName, type Lab, startLab } from '../../lab'
import { waitFor } from '../../lab/command'
import { readDocument } from '../cli/json-document'
import { type CommandLine, makeCommandLine } from '../lab/command-line'

const tried: readonly ImageName[] = ['trixie', 'ssh-socket', 'rhel-like', 'busybox', 'sysvinit', 'ufw']
const middle = '203.0.113.20'

describe.each(tried)('%s', image => {
  let lab: Lab
  let line: CommandLine

  beforeAll(async () => {
    lab = await startLab({ images: { middle: image } })
    line = makeCommandLine(lab)
    mkdirSync(join(line.folder, '.ssh'), { mode: 0o700 })
    writeFileSync(join(line.folder, '.ssh/id_ed25519'), readFileSync(lab.keyFile), { mode: 0o600 })
    writeFileSync(join(line.folder, '.ssh/known_hosts'), readFileSync(lab.knownHosts))
    line.write('hosts.yaml', { hosts: { middle: line.hostOf('middle') } })
  })
  afterAll(async () => {
    await lab?.stop()
    line?.remove()
  })

  test('a forward that ssh holds there, and one that a session of its sshd has opened', async () => {
    const { middle: relay } = lab.hosts
    await relay.sh(`mkdir -p -m 700 /root/.ssh; ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/own
      cat /root/.ssh/own.pub >>/root/.ssh/authorized_keys
      ssh -f -N -i /root/.ssh/own -o StrictHostKeyChecking=no -L 127.0.0.1:5555:far:80 root@127.0.0.1 </dev/null >/dev/null 2>&1`)
    // ssh finds its own folder by the account, not by HOME.
    const own = ['-i', '.ssh/id_ed25519', '-o', 'UserKnownHostsFile=.ssh/known_hosts']
    const opened = await line.run('open', '-f', '--json', '-R', '8081:127.0.0.1:80', ...own, `root@${middle}`)
    expect(opened).toMatchObject({ code: 0 })
    const listed = await waitFor('both forwards', async () => {
      const { stdout } = await line.run('list', 'middle', 'hosts.yaml', '--json')
      const { forwards } = readDocument('list', stdout)
      return forwards.length >= 2 ? forwards : undefined
    })
    expect(listed).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          program: 'ssh',
          listens: '127.0.0.1:5555',
          isBound: true,
          far: 'far:80',
          user: 'root',
        }),
        expect.objectContaining({ program: 'sshd', forward: 'remote', listens: '127.0.0.1:8081', far: null }),
      ]),
    )
    const { adopted, notes } = readDocument(
      'adopt',
      (await line.run('adopt', '--host', 'middle', 'hosts.yaml', '--json')).stdout,
    )
    expect(adopted).toMatchObject([{ name: 'far-80', client: 'middle', server: 'middle' }])
    expect(notes).toEqual([
      // Where middle has an IPv6 loopback sshd listens there too.
      expect.stringMatching(
        /^127\.0\.0\.1:8081(, \[::1\]:8081)? on middle: ssh of root from 192\.0\.2\.10:\d+ has it opened/,
      ),
    ])
    await line.run('close', readDocument('open', opened.stdout).name)
  })

  test('the doctor names what sshd and the firewall refuse', async () => {
    const command = `ssh -N -o ServerAliveInterval=30 -R ${middle}:8080:far:80 root@${middle}`
    const { stdout } = await line.run('doctor', '--command', command, '--json')
    const { first } = readDocument('doctor', stdout).tunnels[0]
    expect(first).toMatchObject({ link: 'sshd lets it', evidence: expect.stringContaining('GatewayPorts is no') })
  })
})
