// A tunnel over two jump hosts by the command, on hosts of other kinds: what doctor and status say of each leg, and that nothing is left where it
// goes no more.
import { fingerprint, type ImageName, type Lab, startLab } from '../../lab'
import { type CommandLine, makeCommandLine } from '../lab/command-line'

jest.setTimeout(600_000)

/** Between hosts of the lab this way alone is open: near, middle, gate, far. */
const oneWay = 'iifname { "near", "middle" } oifname "far" drop; iifname "near" oifname "gate" drop'

const kinds: readonly (readonly [middle: ImageName, gate: ImageName, far: ImageName])[] = [
  ['ssh-socket', 'rhel-like', 'trixie'],
  ['ufw', 'busybox', 'firewalld'],
]

describe.each(kinds)('over %s and %s to %s', (middle, gate, far) => {
  let lab: Lab
  let line: CommandLine
  let before: string[]
  const fingerprints = () =>
    Promise.all([lab.hosts.near, lab.hosts.middle, lab.gate, lab.hosts.far].map(host => fingerprint(host)))
  const write = (more: object, server: object = line.hostOf('far')) => {
    const gate = { address: lab.gate.address, hostKey: lab.gate.hostKey, identityFile: lab.keyFile }
    const hosts = { near: line.hostOf('near'), middle: line.hostOf('middle'), gate, far: server }
    const forward = { forward: 'local', listen: '127.0.0.1:5432', far: '127.0.0.1:80' }
    line.write('tunnels.yaml', {
      owner: 'me',
      hosts,
      tunnels: { page: { client: 'near', server: 'far', ...forward, ...more } },
    })
  }
  const setWays = (rules: string) =>
    lab.onRouter(`nft -f - <<'END'
table inet ways
delete table inet ways
table inet ways {
  chain forward { type filter hook forward priority 5; ${rules}; }
}
END`)
  const readPage = async () => (await lab.hosts.near.exec('curl -s --max-time 3 http://127.0.0.1:5432/')).stdout

  beforeAll(async () => {
    lab = await startLab({ gate: true, images: { middle, gate, far }, log: () => {} })
    line = makeCommandLine(lab)
    await setWays(oneWay)
    before = await fingerprints()
  })
  afterAll(async () => {
    await lab?.stop()
    line?.remove()
  })

  test('without jumps it is told why it does not come up, and what to say where we go over them', async () => {
    write({}, { ...line.hostOf('far'), via: ['middle', 'gate'] })
    const { code, said } = await line.runTunnels('apply')
    expect({ code, said }).toMatchObject({ code: 1 })
    expect(said.replace(/\s+/g, ' ')).toContain('if near is to reach far as we do, say jumps: [middle, gate]')
    expect(await fingerprints()).toEqual(before)
  })

  test('over both it comes up, and a second apply changes nothing', async () => {
    write({ jumps: ['middle', 'gate'] })
    await line.must('apply', 'tunnels.yaml')
    expect(await readPage()).toBe('hello from far\n')
    expect((await line.runTunnels('plan', '--detailed-exitcode')).code).toBe(0)
  })

  test('doctor walks each leg', async () => {
    const { code, said } = await line.runTunnels('doctor', 'page', '--all')
    expect({ code, said }).toMatchObject({ code: 0 })
    expect(said).toContain('page: near -> middle -> gate -> far -> 127.0.0.1:80')
    expect(said).toContain('ssh on near has been connected to middle')
    expect(said).toContain('sshd on middle has been connected to gate')
    expect(said).toContain('sshd on gate has been connected to far')
    expect((await line.runTunnels('status')).said).toMatch(/page +up/)
  })

  test('doctor names the leg that is closed', async () => {
    await setWays(`${oneWay}; iifname "middle" oifname "gate" drop`)
    await lab.hosts.near.sh('systemctl restart tunnel-page')
    const { said } = await line.runTunnels('doctor', 'page')
    expect(said).toContain(`middle cannot connect to sshd on gate (${lab.gate.address}:22)`)
    await setWays(oneWay)
  })

  test('and the line of a jump host that keeps it from going on, which a fix puts back', async () => {
    const dropIn = '/etc/ssh/sshd_config.d/10-ssh-tunnels-page.conf'
    await lab.gate.sh(`sed -i 's/PermitOpen .*/PermitOpen none/' ${dropIn}; kill -HUP "$(cat /run/sshd.pid)"`)
    const { said } = await line.runTunnels('doctor', 'page')
    expect(said).toContain(`PermitOpen is none for tun-page, not ${lab.hosts.far.address}:22 (${dropIn}:`)
    const fixed = await line.runTunnels('doctor', 'page', '--fix', '--yes')
    expect(fixed).toMatchObject({ code: 0 })
    expect(await readPage()).toBe('hello from far\n')
  })

  test('a jump host that the spec takes out of the way is as it was', async () => {
    await setWays('accept')
    write({ jumps: ['middle'] })
    expect((await line.runTunnels('plan')).said).toMatch(/- account .*# on gate/)
    await line.must('apply', 'tunnels.yaml')
    expect(await fingerprint(lab.gate)).toBe(before[2])
    expect(await readPage()).toBe('hello from far\n')
    expect((await line.runTunnels('plan', '--detailed-exitcode')).code).toBe(0)
  })

  test('destroy leaves all four hosts as they were', async () => {
    await line.must('destroy', 'tunnels.yaml')
    expect(await fingerprints()).toEqual(before)
  })
})
