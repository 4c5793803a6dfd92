// The command line on real hosts: what it plans is what it does, it touches only its owner's, and a Terraform stack can take over.
import { readFileSync, writeFileSync } from 'node:fs'
import { join, parse } from 'node:path'
import { type Lab, startLab } from '../../lab'
import { readDocument } from '../cli/json-document'
import { type CommandLine, makeCommandLine } from './command-line'
import { fetchPage, fingerprints, type names, readBanner } from './stack'
import { synthesize } from './synth'

const middle = '203.0.113.20'

let lab: Lab
let command: CommandLine
let folder: string
let before: Awaited<ReturnType<typeof fingerprints>>

beforeAll(async () => {
  lab = await startLab()
  command = makeCommandLine(lab)
  folder = command.folder
  before = await fingerprints(lab)
})
afterAll(async () => {
  await lab?.stop()
  command?.remove()
})

type Tunnels = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** Writes FILE, JSON being YAML too, with its owner. */
function declare(file: string, tunnels: Tunnels, settings: object = {}): void {
  const { hostOf } = command
  const hosts = { near: hostOf('near'), middle: { ...hostOf('middle'), ...settings } }
  command.write(file, { owner: parse(file).name, hosts, tunnels })
}

const run = (...words: string[]) => command.run(...words)
const must = (...words: string[]) => command.must(...words)

/** The web page by row 1 of the table in docs, far's SSH by row 2. */
const web = { client: 'near', server: 'middle', forward: 'remote', listen: `${middle}:8080`, far: 'far:80' }
const banner = { client: 'middle', forward: 'local', listen: `${middle}:110`, far: 'server935:22' }
const other = { ...web, listen: `${middle}:8090` }
const settings = { sshd: { maxStartups: '20:30:90' }, firewall: { openPorts: [{ port: 9000 }] } }

const pidOf = (host: 'near' | 'middle', tunnel: string) =>
  lab.hosts[host].sh(`systemctl show --property=MainPID --value tunnel-${tunnel}`)
const ours = (host: (typeof names)[number]) =>
  lab.hosts[host].sh('find /etc/ssh-tunnels /etc/systemd/system /etc/ssh/sshd_config.d -type f | grep tunnel || true')

test('a plan says what would be made and makes nothing', async () => {
  declare('team-b.yaml', { other })
  declare('tunnels.yaml', { web, banner }, settings)
  const { code, stdout } = await run('plan', 'tunnels.yaml', '--detailed-exitcode')
  expect(stdout).toMatch(/\+ middle "middle" \{[\s\S]*\+ tunnel "web" \{[\s\S]*\+ tunnel "banner" \{/)
  expect(stdout).toContain('Plan: 3 to add, 0 to change, 0 to destroy.')
  expect(code).toBe(2)
  expect(await fingerprints(lab)).toEqual(before)
})

test('apply makes it, and each far answers', async () => {
  const [mine, theirs] = await Promise.all([run('apply', 'tunnels.yaml'), run('apply', 'team-b.yaml')])
  expect(mine.stderr).toMatch(/^banner: middle: write tunnel-banner\.service$/m)
  expect(mine.stdout).toMatch(/^web +203\.0\.113\.20:8080 +HTTP\/1/m)
  expect(mine.stdout).toMatch(/^banner +203\.0\.113\.20:110 +SSH-2\.0-/m)
  expect(mine.stdout).toContain('Complete: 3 added, 0 changed, 0 destroyed.')
  expect([mine.code, theirs.code]).toEqual([0, 0])
  expect(await fetchPage(lab, 8080)).toContain('hello from far')
  expect(await fetchPage(lab, 8090)).toContain('hello from far')
  expect(await readBanner(lab, 110)).toMatch(/^SSH-2\.0-/)
})

test('then nothing is left to do', async () => {
  const { code, stdout } = await run('plan', 'tunnels.yaml', '--detailed-exitcode')
  expect(stdout).toBe('No changes.\n')
  expect(code).toBe(0)
})

test('what a killed program left is told, and an apply with nothing else to do clears what is ours', async () => {
  const [dead, ours, lock] = ['4194305', '/run/ssh-tunnels.4194305.AbCdEf', '/etc/group.lock']
  await lab.hosts.near.sh(`mkdir ${ours}; printf '${dead}\\0' >${lock}`)
  const { code, stdout, stderr } = await run('plan', 'tunnels.yaml', '--detailed-exitcode')
  expect([code, stdout]).toEqual([0, 'No changes.\n'])
  expect(stderr).toContain(`Warning: a killed program of ours has left ${ours} on near`)
  expect(stderr).toContain(`has left ${lock} on near`)
  await must('apply', 'tunnels.yaml')
  expect(await lab.hosts.near.sh(`ls -d ${ours} ${lock} 2>/dev/null || :`)).toBe(lock)
  await lab.hosts.near.sh(`rm ${lock}`)
})

test('what was changed by hand shows, and apply repairs it', async () => {
  await lab.hosts.middle.sh(
    `rm /etc/ssh/sshd_config.d/10-ssh-tunnels-web.conf; systemctl reload ssh; systemctl stop tunnel-banner
     sed -i s/20:30:90/21:30:90/ /etc/ssh/sshd_config.d/10-ssh-tunnels.conf; systemctl reload ssh`,
  )
  const { code, stdout } = await run('plan', 'tunnels.yaml', '--detailed-exitcode')
  expect(stdout).toMatch(/~ maxStartups += "21:30:90" -> "20:30:90"/)
  expect(stdout).toMatch(
    /~ tunnel "web" \{\n {6}\+ sshd += \{ # on middle\n[^}]*\+ permitListen += \["203\.0\.113\.20:8080"\]/,
  )
  expect(stdout).toMatch(/~ tunnel "banner" \{\n {6}~ service += \{ # on middle\n {10}~ active = false -> true\n/)
  expect(stdout).toContain('Plan: 0 to add, 3 to change, 0 to destroy.')
  expect(code).toBe(2)
  expect(await must('apply', 'tunnels.yaml')).toContain('Complete: 0 added, 3 changed, 0 destroyed.')
  expect(await must('plan', 'tunnels.yaml')).toBe('No changes.\n')
})

test('what left the spec is removed, and nothing else is touched', async () => {
  const pids = await Promise.all([pidOf('near', 'web'), pidOf('near', 'other')])
  declare('tunnels.yaml', { web })
  const { changes, results, errors } = readDocument('change-hosts', await must('apply', 'tunnels.yaml', '--json'))
  expect(changes.map(({ type, name, action }: Record<string, string>) => `${action} ${type} ${name}`).sort()).toEqual([
    'remove middle middle',
    'remove tunnel banner',
  ])
  expect(results).toContainEqual(
    expect.objectContaining({ name: 'web', status: 'unchanged', farAnswered: expect.stringContaining('HTTP/1') }),
  )
  expect(errors).toEqual([])
  expect(await Promise.all([pidOf('near', 'web'), pidOf('near', 'other')])).toEqual(pids)
  expect(await ours('middle')).not.toMatch(/banner|_host|10-ssh-tunnels\.conf/)
  expect(await readBanner(lab, 110)).toBeUndefined()
  expect(await fetchPage(lab, 8080)).toContain('hello from far')
})

test('a far that is silent although all else is right is a change, with a warning', async () => {
  await lab.hosts.far.sh('systemctl stop web')
  const { code, stdout, stderr } = await run('plan', 'tunnels.yaml', '--detailed-exitcode')
  expect(stdout).toMatch(/~ proof += \{ # on middle\n {10}~ answered = false -> \(known after apply\)\n/)
  expect(stderr).toContain('Warning: web: far (far:80) did not answer through the tunnel')
  expect(code).toBe(2)
  await lab.hosts.far.sh('systemctl start web')
  expect(await must('plan', 'tunnels.yaml')).toBe('No changes.\n')
})

test('a tunnel that moves to another client leaves nothing behind on the old one', async () => {
  declare('tunnels.yaml', { web: { ...banner, listen: `${middle}:8080`, far: 'far:80' } })
  const { stdout } = await run('plan', 'tunnels.yaml')
  expect(stdout).toMatch(/- service += \{ # on near/)
  expect(stdout).toMatch(/\+ service += \{ # on middle/)
  await must('apply', 'tunnels.yaml')
  expect(await ours('near')).not.toContain('web')
  expect(await fetchPage(lab, 8080)).toContain('hello from far')
  // And back: middle keeps the account, and loses the key and the service.
  declare('tunnels.yaml', { web })
  await must('apply', 'tunnels.yaml')
  expect(await ours('middle')).not.toMatch(/tunnel-web\.service|web\/key/)
  expect(await must('plan', 'tunnels.yaml')).toBe('No changes.\n')
  expect(await fetchPage(lab, 8080)).toContain('hello from far')
})

test('one that cannot work does not keep the others from working', async () => {
  declare('tunnels.yaml', { web, banner, taken: other, other: { ...web, listen: `${middle}:8091` } })
  const only = ['taken', 'banner', 'other'].flatMap(name => ['--only', name])
  const { code, stdout, stderr } = await run('apply', 'tunnels.yaml', ...only)
  expect(stderr).toMatch(
    /Error: tunnel taken: port 8090 on middle is taken\n +What happened: +tunnel other of owner team-b, by sshd/,
  )
  expect(stderr).toMatch(/Error: tunnel other: \S+ already has an account tun-other, and it is not ours/)
  expect(stdout).toMatch(/^banner +203\.0\.113\.20:110 +SSH-2\.0-/m)
  expect(code).toBe(1)
  expect(await fetchPage(lab, 8090)).toContain('hello from far')
})

test('a stack takes over what apply has made', async () => {
  declare('tunnels.yaml', { web, banner }, settings)
  await must('apply', 'tunnels.yaml')
  const { folder: stack, terraform } = await synthesize(lab, command)
  writeFileSync(join(stack, 'imports.tf'), await must('import-blocks', 'tunnels.yaml'))
  expect(await terraform('init')).toMatchObject({ code: 0 })
  const { code, stdout } = await terraform('apply', '-auto-approve')
  expect(stdout).toContain('Plan: 3 to import, 0 to add, 0 to change, 0 to destroy.')
  expect(code).toBe(0)
  expect(await terraform('plan', '-detailed-exitcode')).toMatchObject({ code: 0 })
  expect(readFileSync(join(folder, 'cdktf.out/stacks/tunnels/cdk.tf.json'), 'utf8')).toContain('sshtunnel_middle')
  expect(await must('plan', 'tunnels.yaml')).toBe('No changes.\n')
})

test('destroy leaves the hosts as they were before', async () => {
  expect(await must('destroy', 'tunnels.yaml', '--dry-run')).toContain('Plan: 0 to add, 0 to change, 3 to destroy.')
  expect(await must('destroy', 'tunnels.yaml')).toContain('Complete: 0 added, 0 changed, 3 destroyed.')
  expect(await fetchPage(lab, 8090)).toContain('hello from far')
  await must('destroy', 'team-b.yaml')
  expect(await fingerprints(lab)).toEqual(before)
  expect(await must('destroy', 'tunnels.yaml')).toContain('No changes.')
})
