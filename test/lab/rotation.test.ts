// A tunnel gets a new key: by the trigger, and by the command without a state. At no time is it without one that is let in.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Lab, startLab } from '../../lab'
import { waitFor } from '../../lab/command'
import { type CommandLine, makeCommandLine } from './command-line'
import { startVisits } from './poll'
import { fetchPage, fingerprints, hostsOf, makeStack, type Stack } from './stack'

const folder = '/etc/ssh-tunnels'
let lab: Lab
let stack: Stack
let command: CommandLine
let before: Awaited<ReturnType<typeof fingerprints>>

const declare = (web: object = {}) => {
  const host = hostsOf(lab)
  stack.declare({
    web: {
      forward: 'remote',
      client: host('near'),
      server: host('middle'),
      listen: '203.0.113.20:8080',
      far: 'far:80',
      ...web,
    },
    own: {
      forward: 'local',
      client: host('middle'),
      server: host('middle'),
      listen: '203.0.113.20:8081',
      far: 'far:80',
    },
  })
}

beforeAll(async () => {
  lab = await startLab()
  ;[stack, command] = [await makeStack(lab), makeCommandLine(lab)]
  before = await fingerprints(lab)
  declare()
  await stack.mustApply()
})
afterAll(async () => {
  await lab?.stop()
  stack?.remove()
  command?.remove()
})

const publicKey = async (tunnel: string, on: 'near' | 'middle' = 'near') =>
  (await lab.hosts[on].sh(`cat ${folder}/${tunnel}/key | ssh-keygen -y -P '' -f /dev/stdin`))
    .split(' ')
    .slice(0, 2)
    .join(' ')
const letIn = (tunnel: string) =>
  lab.hosts.middle.sh(`sed 's/.* \\(ssh-ed25519 \\)/\\1/' ${folder}/${tunnel}/authorized_keys`)
const filesOf = (tunnel: string, on: 'near' | 'middle' = 'near') => lab.hosts[on].sh(`ls -A ${folder}/${tunnel}`)
/** What sshd says to who logs in with a copy of the key. */
const tryCopy = (words: string) =>
  lab.hosts.near.sh(
    `ssh -F none ${words} -o BatchMode=yes -o IdentitiesOnly=yes -o UserKnownHostsFile=${folder}/web/known_hosts -i /root/copy tun-web@203.0.113.20 2>&1 </dev/null || true`,
  )

test('without rotate nothing of it shows, in the plan, the state or the key', async () => {
  expect((await stack.plan()).code).toBe(0)
  expect(stack.attributes('web')).toMatchObject({ rotate: null, key: { rotation: null } })
  expect(await lab.hosts.near.sh(`cat ${folder}/web/key | ssh-keygen -y -P '' -f /dev/stdin`)).toMatch(/ tun-web$/)
  expect(await filesOf('web')).toBe('key\nknown_hosts')
})

test('another value shows in the plan as a key that is known after apply, and nothing else', async () => {
  declare({ rotate: '2026-11' })
  const { text } = await stack.plan()
  expect(text).toMatch(/~ public_key += "ssh-ed25519 \S+" -> \(known after apply\)/)
  expect(text).toMatch(/\+ rotation += "2026-11"/)
  expect(text).toContain('Plan: 0 to add, 1 to change, 0 to destroy.')
})

test('the deploy gives it a new key; the old one and who came by it are let in no more', async () => {
  const old = await publicKey('web')
  await lab.hosts.near.sh(`cp ${folder}/web/key /root/copy && chown root /root/copy && chmod 600 /root/copy`)
  expect(await tryCopy('')).not.toContain('Permission denied')
  const session = tryCopy('-N')
  await waitFor(
    'the session of the copy',
    async () => (await lab.hosts.middle.sh("pgrep -u tun-web -c -x 'sshd(-session)?'")) === '2' || undefined,
    20_000,
  )
  const visits = await startVisits(lab, 8080)
  await stack.mustApply()
  await visits.end()
  await session
  const now = await publicKey('web')
  expect(now).not.toBe(old)
  expect(await letIn('web')).toBe(now)
  expect(await filesOf('web')).toBe('key\nknown_hosts')
  expect(await lab.hosts.near.sh(`stat -c '%a %U:%G' ${folder}/web/key`)).toBe('640 root:tun-web')
  expect(await tryCopy('')).toContain('Permission denied')
  expect(stack.attributes('web')).toMatchObject({
    key: { public_key: now, rotation: '2026-11' },
    authorized_key: { public_key: now },
  })
  expect(await fetchPage(lab, 8080)).toBe('hello from far\n')
  expect((await stack.plan()).code).toBe(0)
})

test('the command gives another one, of a tunnel on one machine too; Terraform takes both as they are', async () => {
  const { hostOf } = command
  const hosts = { near: hostOf('near'), middle: hostOf('middle') }
  const web = {
    client: 'near',
    server: 'middle',
    forward: 'remote',
    listen: '203.0.113.20:8080',
    far: 'far:80',
    rotate: '2026-11',
  }
  const own = { client: 'middle', forward: 'local', listen: '203.0.113.20:8081', far: 'far:80' }
  command.write('tunnels.yaml', { owner: 'terraform', hosts, tunnels: { web, own } })
  const old = [await publicKey('web'), await publicKey('own', 'middle')]
  const dry = await command.must('rotate', 'tunnels.yaml', 'web', 'own', '--dry-run')
  expect(dry).toContain('Plan: 0 to add, 2 to change, 0 to destroy.')
  expect([await publicKey('web'), await publicKey('own', 'middle')]).toEqual(old)
  const visits = [await startVisits(lab, 8080), await startVisits(lab, 8081)]
  await command.must('rotate', 'tunnels.yaml', 'web', 'own')
  for (const { visits: answered } of await Promise.all(visits.map(one => one.end())))
    expect(answered).toBeGreaterThan(0)
  const now = [await publicKey('web'), await publicKey('own', 'middle')]
  for (const key of now) expect(old).not.toContain(key)
  expect([await letIn('web'), await letIn('own')]).toEqual(now)
  expect(await filesOf('own', 'middle')).toBe('authorized_keys\nfirewall.nft\nkey\nknown_hosts')
  const { code, text } = await stack.plan()
  expect({ code, text: code === 0 ? '' : text }).toEqual({ code: 0, text: '' })
  expect((await command.runTunnels('plan', '--detailed-exitcode')).code).toBe(0)
})

test('a tunnel that is not there gets none', async () => {
  command.write('other.yaml', {
    owner: 'other',
    hosts: { middle: command.hostOf('middle') },
    tunnels: { gone: { client: 'middle', forward: 'local', listen: '203.0.113.20:8082', far: 'far:80' } },
  })
  const { code, stderr } = await command.run('rotate', 'other.yaml', 'gone')
  expect({ code, stderr }).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('there is no tunnel gone of ours'),
  })
})

test('killed when the new key is there, it is ended by the next deploy', async () => {
  const old = await publicKey('web')
  const isThere = async () => (await filesOf('web')).includes('key.next') || undefined
  await command.startAndKill(['rotate', 'tunnels.yaml', 'web'], () => waitFor('the next key', isThere, 30_000))
  const { code, text } = await stack.plan()
  if (code !== 0) {
    await stack.mustApply()
    expect((await stack.plan()).code).toBe(0)
  } else expect(text).toBe('')
  const now = await publicKey('web')
  expect(now).not.toBe(old)
  expect(await letIn('web')).toBe(now)
  expect(await filesOf('web')).toBe('key\nknown_hosts')
})

test('a destroy leaves the hosts as they were', async () => {
  await lab.hosts.near.sh('rm /root/copy')
  await stack.destroy()
  expect(await fingerprints(lab)).toEqual(before)
  writeFileSync(join(stack.folder, 'done'), '')
})
