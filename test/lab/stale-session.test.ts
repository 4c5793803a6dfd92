// A session keeps the rights that sshd had when it began. One that began under wrong rules is begun anew by a deploy.
import { type Lab, startLab } from '../../lab'
import { waitFor } from '../../lab/command'
import { type CommandLine, makeCommandLine } from './command-line'
import { fetchPage, readBanner } from './stack'

const foreign = '/etc/ssh/sshd_config.d/00-local.conf'

let lab: Lab
let command: CommandLine

beforeAll(async () => {
  lab = await startLab()
  command = makeCommandLine(lab)
  const { hostOf } = command
  const tunnels = {
    web: { client: 'near', server: 'middle', forward: 'remote', listen: '203.0.113.20:8080', far: 'far:80' },
    banner: { client: 'middle', forward: 'local', listen: '203.0.113.20:110', far: 'server935:22' },
  }
  command.write('tunnels.yaml', { owner: 'stale', hosts: { near: hostOf('near'), middle: hostOf('middle') }, tunnels })
})
afterAll(async () => {
  await lab?.stop()
  command?.remove()
})

const run = async (verb: string, ...words: string[]) => {
  const { code, stdout, stderr } = await command.run(verb, 'tunnels.yaml', ...words)
  return { code, said: `${stdout}${stderr}` }
}
const pidOf = (host: 'near' | 'middle', tunnel: string) =>
  lab.hosts[host].sh(`systemctl show --property=MainPID --value tunnel-${tunnel}`)

test('after a foreign rule has come and gone, a deploy mends what the sessions of that time still obey', async () => {
  const { middle } = lab.hosts
  expect(await run('apply')).toMatchObject({ code: 0 })
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
  const { code, said } = await run('apply')
  expect({ code, said }).toMatchObject({ code: 0, said: expect.stringContaining('beginning a new session') })
  expect(await readBanner(lab, 110)).toMatch(/^SSH-2\.0-/)
  expect(await pidOf('middle', 'banner')).not.toBe(stale)
  expect(await pidOf('near', 'web')).toBe(steady)
  expect((await run('plan', '--detailed-exitcode')).code).toBe(0)
})

test('a batch that is killed between the tightened key and the end of the old session leaves a session that the next plan shows and a deploy ends', async () => {
  const { near, middle } = lab.hosts
  const key = '/etc/ssh-tunnels/web/authorized_keys'
  await middle.sh(`sed -i 's/port-forwarding/&,permitlisten="127.0.0.1:9999"/' ${key}`)
  // Whoever has the key, beside the tunnel's own ssh.
  const options = '-o StrictHostKeyChecking=yes -o UserKnownHostsFile=/etc/ssh-tunnels/web/known_hosts'
  await near.sh(
    `systemd-run --quiet --unit=thief ssh -F none -N -o BatchMode=yes -o IdentitiesOnly=yes ${options} -i /etc/ssh-tunnels/web/key tun-web@203.0.113.20`,
  )
  await waitFor('two sessions', async () =>
    (await middle.exec('test "$(pgrep -c -u tun-web -x sshd)" = 2')).code === 0 ? true : undefined,
  )
  const kill = '/usr/local/bin/pkill'
  await middle.sh(`printf '#!/bin/sh\\nkill -9 $PPID\\n' >${kill}; chmod 755 ${kill}`)
  expect((await run('apply')).code).toBe(1)
  await middle.sh(`rm ${kill}`)
  expect(await middle.sh(`grep -c 9999 ${key} || :`)).toBe('0')
  expect((await near.exec('systemctl is-active thief')).stdout.trim()).toBe('active')

  const planned = await run('plan', '--detailed-exitcode')
  expect(planned).toMatchObject({ code: 2, said: expect.stringContaining('(a session is older)') })
  expect(await run('apply')).toMatchObject({ code: 0 })
  expect((await near.exec('systemctl is-active thief')).stdout.trim()).toMatch(/inactive|failed/)
  expect((await run('plan', '--detailed-exitcode')).code).toBe(0)
})

test('a far that is down stays what it is called, after one new session', async () => {
  await lab.hosts.far.sh('systemctl stop web')
  if ((await fetchPage(lab, 8080)) !== undefined) throw new Error('far still answers')
  const { code, said } = await run('apply')
  expect(code).toBe(1)
  expect(said.match(/beginning a new session/g)).toHaveLength(1)
  expect(said).toContain('does not answer through it')
  expect(await lab.hosts.near.sh('systemctl is-active tunnel-web')).toBe('active')
})
