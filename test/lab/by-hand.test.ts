// Tunnels that people have made by hand, on real hosts: listed and adopted.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Lab, Result } from '../../lab'
import { readDocument } from '../cli/json-document'
import { typed } from '../typed'
import { type CommandLine, program } from './command-line'
import { autosshUnit, middle, socket, specOf, startHandMade } from './hand-made'

let lab: Lab
let line: CommandLine

beforeAll(async () => {
  const made = await startHandMade()
  lab = made.lab
  line = made.line
})
afterAll(async () => {
  await lab?.stop()
  line?.remove()
})

const spec = (listen: string) => specOf(line, listen)
const run = (...words: string[]): Promise<Result> => line.run(...words)

async function must(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...words)
  if (code !== 0) throw new Error(`${words.join(' ')}: exit status ${code}\n${stdout}${stderr}`)
  return stdout
}

test('list shows who forwards on both ends, whoever made it', async () => {
  const { forwards } = readDocument('list', await must('list', 'near', 'empty.yaml', '--json'))
  expect(forwards).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        ...{
          tunnel: null,
          user: 'root',
          unit: 'by-hand.service',
          forward: 'remote',
          listensOn: 'there',
          isBound: null,
        },
        ...{
          listens: `${middle}:8080`,
          far: 'far:80',
          peer: `root@${middle}`,
          since: expect.stringMatching(/^20.*Z$/),
        },
      }),
      expect.objectContaining({
        unit: null,
        forward: 'local',
        listens: '127.0.0.1:5555',
        isBound: true,
        far: 'far:80',
      }),
      expect.objectContaining({ forward: 'dynamic', listens: '127.0.0.1:1080', far: null }),
      expect.objectContaining({ program: 'autossh', unit: 'auto.service', listens: `${middle}:8082` }),
      expect.objectContaining({ program: 'autossh', unit: null, listens: `${middle}:8083` }),
    ]),
  )
  // autossh stands for its ssh.
  expect(forwards.filter(({ listens }: { listens: string }) => /:808[23]$/.test(listens))).toHaveLength(2)
  const text = await must('list', 'middle', 'empty.yaml')
  expect(text).toMatch(/^by hand +\d+ +root +sshd +remote +203\.0\.113\.20:8080 +\? +198\.51\.100\.10:\d+ +20/m)
  const known = { HOME: line.folder }
  writeFileSync(join(line.folder, 'known_hosts'), readFileSync(lab.knownHosts))
  const refused = await lab.run('controller', ['node', 'dist/ssh-tunnels.cjs', 'list', `root@${middle}`], {
    env: known,
  })
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('Error: host 203.0.113.20:')])
})

test('adopt --host prints a spec that validates, the rights that go, and what cannot be adopted', async () => {
  const { code, stdout, stderr } = await run('adopt', '--host', 'near', 'empty.yaml')
  expect({ code, stderr }).toMatchObject({ code: 0 })
  expect(stdout).toContain('far-80:')
  expect(stdout).toContain(`hostKey: ${lab.hosts.middle.hostKey}   # from /root/.ssh/known_hosts:1`)
  expect(stderr).toMatch(/tunnel far-80: rights of today that go\n.*a shell and any command/)
  expect(stderr).toContain("-A: the agent's keys")
  expect(stdout).toContain('proxy-1080:')
  expect(stdout).toContain(`listen: ${socket}\n    far: far:80\n    socketMode: "0666"`)
  writeFileSync(join(line.folder, 'adopted.yaml'), stdout)
  expect(await must('validate', 'adopted.yaml')).toContain('6 tunnels')
  const document = readDocument('adopt', await must('adopt', '--host', 'near', 'empty.yaml', '--json'))
  expect(document.adopted.map(({ from }: { from: string }) => from)).toEqual(
    expect.arrayContaining(['unit by-hand.service', 'unit auto.service', expect.stringMatching(/^pid \d+$/)]),
  )
})

test('adopt --host tells the start lines that it cannot read, and reads what a unit has in files beside it', async () => {
  const { near } = lab.hosts
  const put = (name: string, exec: string) =>
    near.writeFile(`/etc/systemd/system/${name}.service`, autosshUnit.replace(/ExecStart=.*/, `ExecStart=${exec}`))
  await put('at-night', '/usr/bin/autossh -M 0 -N -L 127.0.0.1:5556:far:80 ${SERVER}')
  await put('unclear', '/usr/bin/ssh -N -L 127.0.0.1:5557:far:80 ${WHO}')
  const { stdout } = await run('adopt', '--host', 'near', 'empty.yaml', '--json')
  const { adopted, notes } = readDocument('adopt', stdout)
  expect(adopted).toContainEqual(
    expect.objectContaining({
      from: '/etc/systemd/system/at-night.service, which is not running',
      command: `ssh -N -L 127.0.0.1:5556:far:80 root@${middle}`,
      options: expect.arrayContaining([expect.objectContaining({ written: 'AUTOSSH_POLL', kind: 'ours' })]),
    }),
  )
  expect(notes).toContainEqual(
    'not read on near: /etc/systemd/system/unclear.service:5:52: what ${WHO} stands for does not stand in the line',
  )
  await near.sh('rm /etc/systemd/system/at-night.service /etc/systemd/system/unclear.service')
})

test('at a terminal each command says what it waits for, and Ctrl-C ends that', async () => {
  // Nobody has that address.
  const nobody = { ...line.hostOf('near'), address: '198.51.100.99' }
  const away = spec(`${middle}:8080`)
  line.write('away.yaml', { ...away, hosts: { ...away.hosts, near: nobody } })
  const commands = [
    ['plan', 'away.yaml'],
    ['status', 'away.yaml'],
    ['doctor', 'away.yaml'],
    ['logs', 'away.yaml', 'page'],
    ['list', 'near', 'away.yaml'],
    ['adopt', '--host', 'near', 'away.yaml'],
    ['adopt', '--take-over', 'away.yaml'],
  ]
  const codes = await Promise.all(
    commands.map(async words => {
      const screen = typed((argv, options) => lab.spawn('controller', argv, options), ['node', program, ...words], {
        cwd: line.folder,
        env: { HOME: line.folder, TERM: 'xterm' },
      })
      await screen.see(/reading near/)
      screen.press('\x03')
      return screen.ended()
    }),
  )
  expect(codes.filter(code => code !== 130)).toEqual([])
})
