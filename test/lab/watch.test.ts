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
})
afterAll(async () => {
  await lab?.stop()
  command?.remove()
})

function declare(watch: object | undefined): void {
  const { hostOf } = command
  const hook = ['sh', '-c', 'printf "%s\\n" "$SSH_TUNNELS_TUNNEL $SSH_TUNNELS_STATE $1" >>/run/hooked', 'hook', odd]
  const web = {
    client: 'near',
    server: 'middle',
    forward: 'remote',
    listen: `${middle}:8080`,
    far: 'far:80',
    probe: 'http warn',
  }
  command.write('tunnels.yaml', {
    owner: 'watched',
    hosts: { near: hostOf('near'), middle: hostOf('middle') },
    tunnels: { web: { ...web, ...(watch && { watch: { hook, ...watch } }) } },
  })
}

async function must(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await command.run(...words)
  if (code !== 0) throw new Error(`${words.join(' ')}: exit status ${code}\n${stdout}${stderr}`)
  return stdout + stderr
}

const history = () => lab.hosts.near.sh("cut -d ' ' -f 2- /var/lib/ssh-tunnels-watch/web/history 2>/dev/null || :")
/** Its turn comes when we say: its own is a quarter of a minute away. */
const seen = (what: RegExp) =>
  waitFor(`the history to have ${what}`, async () => {
    await lab.hosts.near.sh('systemctl start ssh-tunnels-watch-web.service')
    return what.test(await history()) ? true : undefined
  })

test('a plan shows it with each value, apply makes it, and the next plan is empty', async () => {
  declare({ every: '15s' })
  expect(await must('plan', 'tunnels.yaml')).toMatch(
    /\+ watcher += \{ # on near\n +\+ unit += "ssh-tunnels-watch-web\.timer"\n +\+ every += "15s"\n +\+ asks += "http 203\.0\.113\.20 8080"\n +\+ hook += \["sh", "-c", /,
  )
  const { terraform } = await synthesize(lab, command)
  await terraform('init')
  expect(await terraform('apply', '-auto-approve')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/\+ watcher += \{\n(.*\n)*? +\+ asks += "http 203\.0\.113\.20 8080"\n/),
  })
  await seen(/^proven HTTP\/1\.[01] 200 OK$/)
  expect(await terraform('plan', '-detailed-exitcode')).toMatchObject({ code: 0 })
  expect(await must('plan', 'tunnels.yaml')).toBe('No changes.\n')
  expect(
    await lab.hosts.near.sh('stat -c %a:%U /var/lib/ssh-tunnels-watch/web /var/lib/ssh-tunnels-watch/web/history'),
  ).toBe('700:root\n600:root')
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
      const said = await lab.hosts.near.sh('cat /run/hooked 2>/dev/null || :')
      return said.split('\n').length === 2 ? said : undefined
    }),
  ).toBe(`web unproven ${odd}\nweb proven ${odd}`)
  expect(await must('plan', 'tunnels.yaml')).toMatch(/^Warning: web: unproven \d\d:\d\d-\d\d:\d\d$/m)
  const { terraform } = await synthesize(lab, command)
  expect(await terraform('plan', '-detailed-exitcode')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/Warning: web: unproven \d\d:\d\d-\d\d:\d\d\n/),
  })
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
  await must('apply', 'tunnels.yaml')
  expect(await must('plan', 'tunnels.yaml')).toMatch(/^No changes\.\n/)
})

test('one that nobody wants any more goes with its history, and the tunnel stays', async () => {
  declare(undefined)
  expect(await must('apply', 'tunnels.yaml')).toMatch(/- watcher += /)
  expect(
    await lab.hosts.near.sh(
      'ls -d /var/lib/ssh-tunnels-watch /etc/systemd/system/ssh-tunnels-watch-* 2>/dev/null || :',
    ),
  ).toBe('')
  expect(await lab.hosts.near.sh('systemctl is-active tunnel-web')).toBe('active')
  expect(await must('plan', 'tunnels.yaml')).toBe('No changes.\n')
})

test('destroy leaves the hosts as they were', async () => {
  declare({ every: '15s' })
  const { terraform } = await synthesize(lab, command)
  expect(await terraform('apply', '-auto-approve')).toMatchObject({ code: 0 })
  await seen(/^proven /)
  expect(await terraform('destroy', '-auto-approve')).toMatchObject({ code: 0 })
  await lab.hosts.near.sh('rm /run/hooked')
  expect(await fingerprints(lab)).toEqual(before)
  expect(await lab.hosts.near.sh('ls -d /var/lib/ssh-tunnels-watch 2>/dev/null || :')).toBe('')
  expect(await lab.hosts.near.sh("systemctl list-units --all --plain --no-legend '*ssh-tunnels-watch*'")).toBe('')
})
