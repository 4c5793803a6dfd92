// A client without systemd whose ssh goes over a jump host, with forwards that change: what a unit does, a script does too, but that it begins ssh anew.
import { fingerprint, type Lab, startLab } from '../../lab'
import { waitFor } from '../../lab/command'
import { type CommandLine, makeCommandLine } from './command-line'

let lab: Lab
let line: CommandLine
let before: string[]
const prints = () => Promise.all([lab.hosts.near, lab.hosts.middle, lab.hosts.far].map(host => fingerprint(host)))
const declare = (forwards: object) =>
  line.write('jumps.yaml', {
    owner: 'script-jumps',
    hosts: { near: line.hostOf('near'), middle: line.hostOf('middle'), far: line.hostOf('far') },
    tunnels: { page: { client: 'near', jumps: ['middle'], server: 'far', forwards } },
  })
const page = (port: number) => ({ forward: 'local', listen: `127.0.0.1:${port}`, far: '127.0.0.1:80' })
const reads = (port: number) =>
  waitFor(`a page at ${port}`, async () => {
    const { code, stdout } = await lab.hosts.near.exec(`curl -s --max-time 3 http://127.0.0.1:${port}/`)
    return (code === 0 && stdout !== '') || undefined
  })
const isEmpty = async () =>
  expect(await line.run('plan', 'jumps.yaml', '--detailed-exitcode')).toMatchObject({ code: 0 })

beforeAll(async () => {
  lab = await startLab({ images: { near: 'no-init' } })
  line = makeCommandLine(lab)
  before = await prints()
})
afterAll(async () => {
  await lab?.stop()
  line?.remove()
})

test('a script goes over a jump host, whatever shell its starter has', async () => {
  declare([page(5432)])
  await line.must('apply', 'jumps.yaml')
  await reads(5432)
  await isEmpty()
  await lab.hosts.near.sh(
    '/etc/ssh-tunnels/page/service stop; SHELL=/usr/sbin/nologin /etc/ssh-tunnels/page/service start >&2',
  )
  await reads(5432)
})

test('a change of forwards begins ssh anew, and the plan says so', async () => {
  declare([page(5432), page(5433)])
  expect((await line.run('plan', 'jumps.yaml')).stdout).toContain('will cut open connections: ssh is begun anew')
  await line.must('apply', 'jumps.yaml')
  await reads(5433)
  await reads(5432)
  await isEmpty()
  expect(await lab.hosts.near.sh('ls -d /run/tunnel-* 2>/dev/null || echo none')).toBe('none')
  expect((await line.run('doctor', 'jumps.yaml')).code).toBe(0)
})

test('destroy leaves all three as they were', async () => {
  await line.must('destroy', 'jumps.yaml')
  expect(await prints()).toEqual(before)
})
