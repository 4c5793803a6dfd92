// A resident proof on real hosts, deployed through Terraform: far that falls silent is in the history, the hook has run, plan and status tell, and
// destroy leaves nothing.
import { type Lab, startLab } from '../../lab'
import { waitFor } from '../../lab/command'
import { readDocument } from '../cli/json-document'
import { type CommandLine, makeCommandLine } from './command-line'
import { fingerprints } from './stack'
import { synthesize } from './synth'

const middle = '203.0.113.20'
/** Words that a shell or systemd would take for something else. */
const odd = `a "b" $HOME %n 'c' \\; ;`

let lab: Lab
let command: CommandLine
let before: Awaited<ReturnType<typeof fingerprints>>

const began = Date.now()

beforeAll(async () => {
  lab = await startLab()
  command = makeCommandLine(lab)
  before = await fingerprints(lab)
  await serveQuietly()
})
afterAll(async () => {
  await lab?.stop()
  command?.remove()
})

/** It takes connections, and never speaks. */
const serveQuietly = () =>
  lab.hosts.far.sh('systemd-run -q --unit=quiet systemd-socket-activate --accept -l 9000 sleep 600')

/** `quiet` and `back` lead to a far that never speaks: asked from the host whose ssh, and whose sshd, dials it. */
function declare(watch: object, others: object | null = watch): void {
  const { hostOf } = command
  const hook = ['sh', '-c', 'printf "%s\\n" "$SSH_TUNNELS_TUNNEL $SSH_TUNNELS_STATE $1" >>/root/hooked', 'hook', odd]
  const remote = { client: 'near', server: 'middle', forward: 'remote' }
  const web = { ...remote, listen: `${middle}:8080`, far: 'far:80', probe: 'http warn' }
  const quiet = { ...remote, listen: `${middle}:8081`, far: 'far:9000' }
  const back = { client: 'middle', server: 'near', forward: 'local', listen: `${middle}:8082`, far: 'far:9000' }
  command.write('tunnels.yaml', {
    owner: 'watched',
    hosts: { near: hostOf('near'), middle: hostOf('middle') },
    tunnels: {
      web: { ...web, watch: { hook, ...watch } },
      quiet: { ...quiet, ...(others && { watch: others }) },
      back: { ...back, ...(others && { watch: { ...others, on: 'server' } }) },
    },
  })
}

async function must(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await command.run(...words)
  if (code !== 0) throw new Error(`${words.join(' ')}: exit status ${code}\n${stdout}${stderr}`)
  return stdout + stderr
}

const history = (tunnel: string) =>
  lab.hosts.near.sh(`cut -d ' ' -f 2- /var/lib/ssh-tunnels-watch/${tunnel}/history 2>/dev/null || :`)
/** Its turn comes when we say: its own is a quarter of a minute away. */
const seen = (what: RegExp, tunnel = 'web') =>
  waitFor(`the history of ${tunnel} to have ${what}`, async () => {
    await lab.hosts.near.sh(`systemctl start ssh-tunnels-watch-${tunnel}.service`)
    return what.test(await history(tunnel)) ? true : undefined
  })

test('a plan shows it with each value, apply makes it, and the next plan is empty', async () => {
  declare({ every: '15s' })
  expect(await must('plan', 'tunnels.yaml')).toMatch(
    /\+ watcher += \{ # on near\n +\+ unit += "ssh-tunnels-watch-web\.timer"\n +\+ every += "15s"\n +\+ asks += "http 203\.0\.113\.20 8080"\n +\+ hook += \["sh", "-c", /,
  )
  const { mustTerraform } = await synthesize(lab, command)
  await mustTerraform('init')
  expect(await mustTerraform('apply', '-auto-approve')).toMatch(
    /\+ watcher += \{\n(.*\n)*? +\+ asks += "http 203\.0\.113\.20 8080"\n/,
  )
  await seen(/^proven HTTP\/1\.[01] 200 OK$/)
  await mustTerraform('plan', '-detailed-exitcode')
  expect(await must('plan', 'tunnels.yaml')).toBe('No changes.\n')
  expect(
    await lab.hosts.near.sh('stat -c %a:%U /var/lib/ssh-tunnels-watch/web /var/lib/ssh-tunnels-watch/web/history'),
  ).toBe('700:root\n600:root')
})

test('a far that never speaks is proven by the host that dials it, through the firewall, and unproven without it', async () => {
  const proven = /^proven it takes the connection and keeps it open$/
  await Promise.all(['quiet', 'back'].map(tunnel => seen(proven, tunnel)))
  await lab.hosts.far.sh('systemctl stop quiet')
  const gone = new RegExp(`${proven.source}\\nunproven `, 'm')
  await Promise.all(['quiet', 'back'].map(tunnel => seen(gone, tunnel)))
  expect(await must('plan', 'tunnels.yaml')).toMatch(/^Warning: back: unproven \d\d:\d\d-\nlast seen on near: /m)
  await serveQuietly()
})

test('what proves may write its history, become nobody, and nothing else', async () => {
  const said = await lab.hosts.near.sh(
    'for one in web quiet; do systemd-analyze security ssh-tunnels-watch-$one.service | grep Overall; done',
  )
  const exposures = [...said.matchAll(/: (\d+\.\d) /g)].map(([, number]) => Number(number))
  expect(exposures).toHaveLength(2)
  for (const exposure of exposures) expect(exposure).toBeLessThanOrEqual(2)
})

test('far that falls silent and comes back is in the history, the hook has run, and plan and status tell', async () => {
  const page = '/etc/systemd/system/*.service'
  const unit = await lab.hosts.far.sh(`basename "$(grep -l 'httpd -f -p 80' ${page} | head -n 1)"`)
  await lab.hosts.far.sh(`systemctl stop ${unit}`)
  await seen(/^proven .*\nunproven /)
  const down = await must('plan', 'tunnels.yaml')
  expect(down).toMatch(/^Warning: web: unproven \d\d:\d\d-$/m)
  await lab.hosts.far.sh(`systemctl start ${unit}`)
  await seen(/^proven .*\nunproven .*\nproven /)
  expect(
    await waitFor('the hook to have run twice', async () => {
      const said = await lab.hosts.near.sh('cat /root/hooked 2>/dev/null || :')
      return said.split('\n').length === 2 ? said : undefined
    }),
  ).toBe(`web unproven ${odd}\nweb proven ${odd}`)
  expect(await must('plan', 'tunnels.yaml')).toMatch(/^Warning: web: unproven \d\d:\d\d-\d\d:\d\d$/m)
  const { mustTerraform } = await synthesize(lab, command)
  expect(await mustTerraform('plan', '-detailed-exitcode')).toMatch(/Warning: web: unproven \d\d:\d\d-\d\d:\d\d\n/)
  const { tunnels } = readDocument('status', await must('status', 'tunnels.yaml', '--json'))
  expect(tunnels[0]).toMatchObject({ state: 'up', watch: { unproven: [{ state: 'unproven' }] } })
  expect(Date.parse(tunnels[0].watch.checked)).toBeGreaterThan(began - 2000)
  expect(Date.parse(tunnels[0].watch.checked)).toBeLessThan(Date.now() + 2000)
  expect(await must('status', 'tunnels.yaml')).toMatch(/^web +up .* unproven \d\d:\d\d-\d\d:\d\d/m)
})

test('what somebody changed of it shows, and apply puts it back', async () => {
  await lab.hosts.near.sh('systemctl disable --now ssh-tunnels-watch-web.timer; echo >>/etc/ssh-tunnels/web/prove.sh')
  expect(await must('plan', 'tunnels.yaml')).toMatch(
    /~ watcher += \{ # on near\n +~ filesSha256 += .*\n +~ active += false -> true\n +~ enabled += false -> true\n/,
  )
  expect(await must('status', 'tunnels.yaml', 'web')).toMatch(
    /^web +up .* ssh-tunnels-watch-web\.timer on near is not as/m,
  )
  await must('apply', 'tunnels.yaml')
  expect(await must('plan', 'tunnels.yaml')).toMatch(/^No changes\.\n/)
})

test('one that is to prove from the other host, or that nobody wants any more, goes with its history, and the tunnel stays', async () => {
  declare({ every: '15s', on: 'server' }, null)
  expect(await must('apply', 'tunnels.yaml')).toMatch(/- watcher += /)
  expect(
    await lab.hosts.near.sh(
      'ls -d /var/lib/ssh-tunnels-watch /etc/systemd/system/ssh-tunnels-watch-* 2>/dev/null || :',
    ),
  ).toBe('')
  expect(await lab.hosts.near.sh('systemctl is-active tunnel-web')).toBe('active')
  expect(await lab.hosts.middle.sh('ls /etc/systemd/system/ssh-tunnels-watch-*')).toMatch(
    /^\S+-web.service\n\S+-web.timer$/,
  )
  expect(await must('plan', 'tunnels.yaml')).toBe('No changes.\n')
})

test('destroy leaves the hosts as they were', async () => {
  declare({ every: '15s' }, null)
  const { mustTerraform } = await synthesize(lab, command)
  await mustTerraform('apply', '-auto-approve')
  await seen(/^proven /)
  await mustTerraform('destroy', '-auto-approve')
  await lab.hosts.near.sh('rm /root/hooked')
  await lab.hosts.far.sh('systemctl stop quiet')
  expect(await fingerprints(lab)).toEqual(before)
  expect(await lab.hosts.near.sh('ls -d /var/lib/ssh-tunnels-watch 2>/dev/null || :')).toBe('')
  expect(await lab.hosts.near.sh("systemctl list-units --all --plain --no-legend '*ssh-tunnels-watch*'")).toBe('')
})
