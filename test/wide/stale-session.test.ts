// A tunnel that stands and does not answer: a session that began under wrong rules is begun anew; what is blocked is told by its link.
import { type Lab, startLab } from '../../lab'
import { waitFor } from '../../lab/command'
import { type CommandLine, makeCommandLine } from '../lab/command-line'
import { fetchPage, readBanner } from '../lab/stack'

const foreign = '/etc/ssh/sshd_config.d/00-local.conf'

let lab: Lab
let command: CommandLine
let hosts: object

const web = { client: 'near', server: 'middle', forward: 'remote', listen: '203.0.113.20:8080', far: 'far:80' }
const declare = (tunnels: object, more: object = {}) =>
  command.write('tunnels.yaml', { owner: 'stale', ...more, hosts, tunnels })

beforeAll(async () => {
  lab = await startLab()
  command = makeCommandLine(lab)
  const { hostOf } = command
  hosts = { near: hostOf('near'), middle: hostOf('middle'), far: hostOf('far') }
  declare({ web, banner: { client: 'middle', forward: 'local', listen: '203.0.113.20:110', far: 'server935:22' } })
})
afterAll(async () => {
  await lab?.stop()
  command?.remove()
})

const pidOf = (host: 'near' | 'middle', tunnel: string) =>
  lab.hosts[host].sh(`systemctl show --property=MainPID --value tunnel-${tunnel}`)

test('after a foreign rule has come and gone, a deploy mends what the sessions of that time still obey', async () => {
  const { middle } = lab.hosts
  expect(await command.runTunnels('apply')).toMatchObject({ code: 0 })
  await middle.writeFile(foreign, 'Match User tun-banner\n  PermitOpen none\n')
  await middle.sh(
    `systemctl reload ssh; until [ /run/sshd.pid -nt ${foreign} ]; do sleep 0.05; done; systemctl restart tunnel-banner`,
  )
  await waitFor('the tunnel to listen and lead nowhere', async () =>
    (await middle.exec('ss -Hltn sport = :110 | grep -q .')).code === 0 ? true : undefined,
  )
  expect(await readBanner(lab, 110)).toBeUndefined()
  await middle.sh(`rm ${foreign}; systemctl reload ssh`)
  expect(await readBanner(lab, 110)).toBeUndefined()

  const [steady, stale] = [await pidOf('near', 'web'), await pidOf('middle', 'banner')]
  const { code, said } = await command.runTunnels('apply')
  expect({ code, said }).toMatchObject({ code: 0, said: expect.stringContaining('beginning a new session') })
  expect(await readBanner(lab, 110)).toMatch(/^SSH-2\.0-/)
  expect(await pidOf('middle', 'banner')).not.toBe(stale)
  expect(await pidOf('near', 'web')).toBe(steady)
  expect((await command.runTunnels('plan', '--detailed-exitcode')).code).toBe(0)
})

test('a batch that is killed between the tightened key and the end of the old session leaves a session that the next plan shows and a deploy ends', async () => {
  const { near, middle } = lab.hosts
  const key = '/etc/ssh-tunnels/web/authorized_keys'
  await middle.sh(`sed -i 's/port-forwarding/&,permitlisten="127.0.0.1:9999"/' ${key}`)
  // Whoever has the key, beside the tunnel's own ssh.
  const options = '-o StrictHostKeyChecking=yes -o UserKnownHostsFile=/etc/ssh-tunnels/web/known_hosts'
  await near.sh(
    `systemd-run --quiet --unit=thief --uid=tun-web ssh -F none -N -o BatchMode=yes -o IdentitiesOnly=yes ${options} -i /etc/ssh-tunnels/web/key tun-web@203.0.113.20`,
  )
  await waitFor('two sessions', async () =>
    (await middle.exec('test "$(pgrep -c -u tun-web -x sshd)" = 2')).code === 0 ? true : undefined,
  )
  const kill = '/usr/local/bin/setpriv'
  await middle.sh(`printf '#!/bin/sh\\nkill -9 $PPID\\n' >${kill}; chmod 755 ${kill}`)
  expect((await command.runTunnels('apply')).code).toBe(1)
  await middle.sh(`rm ${kill}`)
  expect(await middle.sh(`grep -c 9999 ${key} || :`)).toBe('0')
  expect((await near.exec('systemctl is-active thief')).stdout.trim()).toBe('active')

  const planned = await command.runTunnels('plan', '--detailed-exitcode')
  expect(planned).toMatchObject({ code: 2, said: expect.stringContaining('(a session is older)') })
  expect(await command.runTunnels('apply')).toMatchObject({ code: 0 })
  expect((await near.exec('systemctl is-active thief')).stdout.trim()).toMatch(/inactive|failed/)
  expect((await command.runTunnels('plan', '--detailed-exitcode')).code).toBe(0)
})

test('a far that is down stays what it is called, after one new session', async () => {
  await lab.hosts.far.sh('systemctl stop web')
  if ((await fetchPage(lab, 8080)) !== undefined) throw new Error('far still answers')
  const { code, said } = await command.runTunnels('apply')
  expect(code).toBe(1)
  expect(said.match(/beginning a new session/g)).toHaveLength(1)
  expect(said).toContain('does not answer through it')
  expect(await lab.hosts.near.sh('systemctl is-active tunnel-web')).toBe('active')
})

test('a far that may be silent deploys with a warning, and the next plan is empty; so does a lone resource', async () => {
  declare({ web }, { probe: 'warn' })
  const applied = await command.runTunnels('apply')
  expect(applied).toMatchObject({ code: 0, said: expect.stringContaining('Warning: web: far (far:80) did not answer') })
  const { code, stdout } = await command.run('plan', 'tunnels.yaml', '--json', '--detailed-exitcode')
  const { proofs, warnings } = JSON.parse(stdout)
  expect({ code, proofs, warnings }).toMatchObject({
    code: 0,
    proofs: [{ name: 'web', from: 'here', pastFirewall: true, answered: false, evidence: 'no answer' }],
    warnings: [expect.stringContaining('near cannot connect to far:80: Connection refused')],
  })
  const input = {
    name: 'web',
    owner: 'stale',
    ...web,
    probe: 'http warn',
    client: named('near'),
    server: named('middle'),
  }
  const alone = await command.one('apply', { type: 'tunnel', input })
  expect(alone).toMatchObject({ code: 0, stdout: expect.stringContaining('far: no answer') })
  expect(alone.stderr).toContain('Warning: web: ')
})

const named = (name: 'near' | 'middle') => ({ name, ...command.hostOf(name) })
const blocked = (how: string) =>
  `nft 'add table inet t; add chain inet t out { type filter hook output priority 0; }; add rule inet t out ${how} drop'`
const freely = 'nft delete table inet t'

/** What the next plan warns of. */
async function warned(): Promise<string> {
  const { stdout } = await command.run('plan', 'tunnels.yaml', '--json')
  return JSON.parse(stdout).warnings.join('\n')
}

test('a block between the host that dials far and far is not called a dead service', async () => {
  const { near, far } = lab.hosts
  await far.sh('systemctl start web')
  declare({ web })
  await near.sh(blocked('tcp dport 80'))
  const said = await warned()
  expect(said).toContain('web: far (far:80) did not answer')
  expect(said).toContain('near cannot connect to far:80: no answer')
  await near.sh(freely)
})

test('a block on the way to the listener is told as one', async () => {
  declare({ web: { ...web, probeFrom: 'far' } })
  expect(await command.runTunnels('apply')).toMatchObject({ code: 0 })
  await lab.hosts.far.sh(blocked('tcp dport 8080'))
  expect(await warned()).toContain(
    'web: 203.0.113.20:8080 leads to far on middle itself, but not when it is asked from far',
  )
  await lab.hosts.far.sh(freely)
})

test('a silent far has answered when it holds a connection of the tunnel, and not when only others reach it', async () => {
  const { near, far } = lab.hosts
  await far.sh('systemd-run --quiet --unit=quiet nc -lk 5432')
  const quiet = { ...web, far: 'far:5432' }
  declare({ web: quiet })
  expect(await command.runTunnels('apply')).toMatchObject({
    code: 0,
    said: expect.stringContaining('203.0.113.20:8080 from here: open'),
  })
  await near.sh(blocked('meta skuid tun-web tcp dport 5432'))
  expect(await warned()).toContain('far (far:5432) answers near itself, but not through the tunnel')
  await near.sh(freely)
  expect((await command.runTunnels('plan', '--detailed-exitcode')).code).toBe(0)
})
