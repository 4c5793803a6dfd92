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

describe('a unit of two tunnels makes way for both or for none', () => {
  let lab: Lab
  let line: CommandLine
  const unit = `[Service]
ExecStart=/usr/bin/ssh -N -o ExitOnForwardFailure=yes -R ${middle}:8081:far:80 -R ${middle}:8083:far:80 root@${middle}
Restart=always
RestartSec=1
[Install]
WantedBy=multi-user.target
`
  const page = async (port: number) =>
    (await lab.run('visitor', ['curl', '-s', '-m', '2', `http://${middle}:${port}/`])).stdout
  const bothAnswer = async () =>
    ((await page(8081)).includes('hello from far') && (await page(8083)).includes('hello from far')) || undefined
  const stateOf = (name: string) =>
    lab.hosts.near.sh(`systemctl is-active ${name} || :; systemctl is-enabled ${name} 2>/dev/null || :`)
  const takeOver = ['adopt', '--take-over', 'tunnels.yaml']
  const writeSpec = (far: string) => {
    const tunnel = { client: 'near', server: 'middle', forward: 'remote' }
    line.write('tunnels.yaml', {
      owner: 'shop',
      hosts: { near: line.hostOf('near'), middle: line.hostOf('middle') },
      tunnels: {
        good: { ...tunnel, listen: `${middle}:8081`, far: 'far:80' },
        other: { ...tunnel, listen: `${middle}:8083`, far },
      },
    })
  }

  beforeAll(async () => {
    lab = await startLab()
    line = makeCommandLine(lab)
    const { near, middle: relay } = lab.hosts
    await near.sh('mkdir -p -m 700 /root/.ssh; ssh-keygen -q -t ed25519 -N "" -f /root/.ssh/id_ed25519')
    await relay.sh(`echo '${await near.sh('cat /root/.ssh/id_ed25519.pub')}' >>/root/.ssh/authorized_keys
      echo 'GatewayPorts clientspecified' >/etc/ssh/sshd_config.d/50-by-hand.conf; systemctl reload ssh
      nft insert rule inet filter input tcp dport 8080-8083 accept`)
    await near.writeFile('/root/.ssh/known_hosts', `${middle} ${relay.hostKey}\n`)
    await near.writeFile('/etc/systemd/system/both.service', unit)
    // Somebody has changed it beside its file.
    await near.sh(`mkdir /etc/systemd/system/both.service.d
      printf '[Service]\nRestart=always\nRestartSec=0\nStartLimitIntervalSec=0\n' >/etc/systemd/system/both.service.d/again.conf
      systemctl daemon-reload; systemctl enable --quiet --now both`)
    await waitFor('both pages by hand', bothAnswer, 20_000)
  })
  afterAll(async () => {
    await lab?.stop()
    line?.remove()
  })

  test('one of them stays silent: the other is taken back, and the old one listens again for both', async () => {
    writeSpec('far:81')
    const { code, stdout, stderr } = await line.run(...takeOver)
    expect([code, stderr]).toEqual([1, expect.stringContaining('both.service: runs as before')])
    expect(stdout).toMatch(/^ {2}good: failed; what was begun is taken back/m)
    expect(stderr).toContain('both.service is not replaced: it serves other too, which failed')
    expect(await bothAnswer()).toBe(true)
    expect(await stateOf('both')).toBe('active\nenabled')
    expect(await lab.hosts.near.sh('ls /etc/systemd/system | grep ^tunnel- || :')).toBe('')
  })

  test('ours is killed in the gap: the host puts the old one back in the place of ours, and nobody begins meanwhile', async () => {
    const { near } = lab.hosts
    writeSpec('far:81')
    await line.startAndKill(
      takeOver,
      () => waitFor('ours to run', async () => (await stateOf('tunnel-other')).startsWith('active') || undefined),
      'SIGKILL',
    )
    expect((await stateOf('both')).split('\n')[0]).toBe('inactive')
    expect((await line.run(...takeOver)).stderr).toContain('ssh-tunnels-back-both.timer waits on near')
    // As its timer would in three minutes.
    await near.sh('systemctl start ssh-tunnels-back-both.service')
    await waitFor('both pages by hand', bothAnswer, 20_000)
    expect([await stateOf('both'), await stateOf('tunnel-good')]).toEqual(['active\nenabled', 'inactive\ndisabled'])
    await near.sh('systemctl stop ssh-tunnels-back-both.timer')
  })

  test('two at once: one takes over, the other changes nothing', async () => {
    writeSpec('far:80')
    const both = await Promise.all([line.run(...takeOver), line.run(...takeOver)])
    expect(both.map(({ code }) => code).sort()).toEqual([0, 1])
    expect(await stateOf('both')).toBe('inactive\ndisabled')
    expect([await stateOf('tunnel-good'), await stateOf('tunnel-other')]).toEqual([
      'active\nenabled',
      'active\nenabled',
    ])
    expect(await bothAnswer()).toBe(true)
    await line.must('destroy', 'tunnels.yaml')
  })
})
