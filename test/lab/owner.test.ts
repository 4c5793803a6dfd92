// Whose what stands is: what another spec has made is left alone, and what has left a spec is told, with what removes it.
import { cpSync, mkdirSync } from 'node:fs'
import { join, parse } from 'node:path'
import { type Lab, startLab } from '../../lab'
import { readDocument } from '../cli/json-document'
import { type CommandLine, makeCommandLine } from './command-line'
import { fingerprints, type names } from './stack'

const middle = '203.0.113.20'
const web = { client: 'near', server: 'middle', forward: 'remote', listen: `${middle}:8080`, far: 'far:80' }

let lab: Lab
let command: CommandLine
let folder: string
let before: Awaited<ReturnType<typeof fingerprints>>

beforeAll(async () => {
  lab = await startLab()
  command = makeCommandLine(lab)
  folder = command.folder
  before = await fingerprints(lab)
  declare('tunnels.yaml', { web })
  await must('apply', 'tunnels.yaml')
})
afterAll(async () => {
  await lab?.stop()
  command?.remove()
})

type Tunnels = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** Writes FILE, JSON being YAML too; its owner is the same with and without `owner` in it. */
function declare(file: string, tunnels: Tunnels, saysOwner = true): void {
  const { hostOf } = command
  const owner = saysOwner ? parse(file).name : undefined
  const hosts = { near: hostOf('near'), middle: hostOf('middle') }
  command.write(file, { owner, hosts, tunnels })
}

const run = (...words: string[]) => command.run(...words)
const must = (...words: string[]) => command.must(...words)

const pidOfWeb = () => lab.hosts.near.sh('systemctl show --property=MainPID --value tunnel-web')
const ours = (host: (typeof names)[number]) =>
  lab.hosts[host].sh('find /etc/ssh-tunnels /etc/systemd/system /etc/ssh/sshd_config.d -type f | grep tunnel || true')

test('a renamed tunnel of a spec that does not say its owner is refused by the plan: the old one keeps the port', async () => {
  declare('nameless.yaml', { old: { ...web, listen: `${middle}:8070` } }, false)
  await must('apply', 'nameless.yaml')
  declare('nameless.yaml', { renamed: { ...web, listen: `${middle}:8070` } }, false)
  const { code, stderr } = await run('plan', 'nameless.yaml')
  expect(code).toBe(1)
  expect(stderr).toContain('port 8070 on middle is taken')
  expect(stderr).toContain('say owner: nameless in the spec to have it removed')
  declare('nameless.yaml', { renamed: { ...web, listen: `${middle}:8070` } })
  await must('apply', 'nameless.yaml')
  await must('destroy', 'nameless.yaml')
})

test('what a file of the same name has made elsewhere is left alone, unless the spec says that it is the owner', async () => {
  const pid = await pidOfWeb()
  mkdirSync(join(folder, 'elsewhere'))
  const file = 'elsewhere/tunnels.yaml'
  declare(file, { mine: { ...web, listen: `${middle}:8092` } }, false)
  const applied = await must('apply', file)
  expect(applied).toContain('Complete: 1 added, 0 changed, 0 destroyed.')
  const { code, stdout } = await run('plan', file, '--detailed-exitcode')
  expect(stdout).toBe(
    'No changes.\nleft alone: tunnel web of owner tunnels on near, middle, not in this spec; say owner: tunnels in the spec to have it removed\n',
  )
  expect(code).toBe(0)
  expect(readDocument('change-hosts', await must('plan', file, '--json')).leftAlone).toEqual([
    { type: 'tunnel', name: 'web', hosts: ['near', 'middle'] },
  ])

  await lab.cutLink('near')
  const cut = await run('destroy', file)
  await lab.healLink('near')
  const sentence = 'mine: removed from middle; near could not be reached, what is there stays'
  expect(cut.stderr).toContain(sentence)
  expect(cut.stdout).toContain(
    `Done: nothing (0 added, 0 changed, 0 destroyed)\nNot done:\n  ${sentence}\n  host near: see`,
  )
  expect(cut.code).toBe(1)

  expect(await must('destroy', file)).toContain('Complete: 0 added, 0 changed, 1 destroyed.')
  expect(await ours('near')).not.toContain('mine')
  expect(await pidOfWeb()).toBe(pid)
  expect(await must('plan', 'tunnels.yaml')).toBe('No changes.\n')
})

test('what stands on a host that left the spec with its tunnel is told, with the command that removes it', async () => {
  const left = (hosts: readonly ('near' | 'middle')[], tunnels: Tunnels = {}) =>
    command.write('left.yaml', {
      owner: 'left',
      hosts: Object.fromEntries(hosts.map(host => [host, command.hostOf(host)])),
      tunnels,
    })
  // Whose host key no spec tells any more.
  mkdirSync(join(folder, '.ssh'))
  cpSync(lab.knownHosts, join(folder, '.ssh/known_hosts'))
  left(['near', 'middle'], { gone: { ...web, listen: `${middle}:8095` } })
  await must('apply', 'left.yaml')
  left(['middle'])
  const told =
    /^out of reach: tunnel gone, its client on 198\.51\.100\.10 .*: (ssh-tunnels apply left\.yaml --host \S+)$/m
  const [, remove = ''] = told.exec(await must('apply', 'left.yaml')) ?? []
  expect(await ours('middle')).not.toContain('gone')
  expect(await ours('near')).toContain('gone')
  expect(await must(...remove.split(' ').slice(1))).toContain('Complete: 0 added, 0 changed, 1 destroyed.')
  expect(await ours('near')).not.toContain('gone')
  expect((await lab.hosts.near.exec('getent passwd tun-gone')).code).not.toBe(0)

  left(['near', 'middle'], { gone: { ...web, listen: `${middle}:8095` } })
  await must('apply', 'left.yaml')
  left(['near'])
  expect(readDocument('change-hosts', await must('plan', 'left.yaml', '--json')).outOfReach).toEqual([
    {
      name: 'gone',
      owner: 'left',
      end: 'server',
      address: middle,
      port: 22,
      seenOn: 'near',
      remove: `ssh-tunnels apply left.yaml --host ${middle}`,
      ownerFirst: false,
    },
  ])
  await must('destroy', 'left.yaml', '--host', `root@${middle}`)
  expect(await ours('middle')).not.toContain('gone')
  expect(await ours('near')).not.toContain('gone')
})

test('destroy leaves the hosts as they were before', async () => {
  await must('destroy', 'tunnels.yaml')
  expect(await fingerprints(lab)).toEqual(before)
})
