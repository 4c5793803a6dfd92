// Two deploys of one spec at the same time: both end well, and what they made stands once.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Lab, startLab } from '../../lab'
import { fetchPage, fingerprints } from './stack'

const program = join(__dirname, '../../dist/ssh-tunnels.cjs')

let lab: Lab
let folder: string

beforeAll(async () => {
  lab = await startLab()
  folder = mkdtempSync(join(tmpdir(), 'lab-two-'))
  const host = (name: 'near' | 'middle') => ({
    address: lab.hosts[name].address,
    hostKey: lab.hosts[name].hostKey,
    identityFile: lab.keyFile,
  })
  const web = (port: number) => ({
    client: 'near',
    server: 'middle',
    forward: 'remote',
    listen: `203.0.113.20:${port}`,
    far: 'far:80',
  })
  const tunnels = { a: web(8080), b: web(8081), c: web(8082) }
  const hosts = { near: host('near'), middle: { ...host('middle'), firewall: { openPorts: [{ port: 9000 }] } } }
  writeFileSync(join(folder, 'tunnels.yaml'), JSON.stringify({ version: 1, owner: 'two', hosts, tunnels }))
})
afterAll(async () => {
  await lab?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const run = async (verb: string, ...words: string[]) => {
  const argv = ['node', program, verb, 'tunnels.yaml', ...words]
  const { code, stdout, stderr } = await lab.run('controller', argv, { cwd: folder, env: { HOME: folder } })
  return { code, said: `${stdout}${stderr}` }
}

test.each([0, 50, 150, 300, 500])('started %i ms apart', async gap => {
  const before = await fingerprints(lab)
  const first = run('apply')
  await new Promise(resolve => setTimeout(resolve, gap))
  const both = await Promise.all([first, run('apply')])
  const failed = both.filter(({ code }) => code !== 0)
  expect(failed).toEqual([])
  expect((await run('plan', '--detailed-exitcode')).code).toBe(0)
  expect(await fetchPage(lab, 8082)).toBe('hello from far\n')
  expect((await run('destroy')).code).toBe(0)
  expect(await fingerprints(lab)).toEqual(before)
})
