// Two deploys of one spec at the same time: both end well, and what they made stands once.
import { type Lab, startLab } from '../../lab'
import { type CommandLine, makeCommandLine } from './command-line'
import { fetchPage, fingerprints } from './stack'

let lab: Lab
let command: CommandLine

beforeAll(async () => {
  lab = await startLab()
  command = makeCommandLine(lab)
  const { hostOf } = command
  const web = (port: number) => ({
    client: 'near',
    server: 'middle',
    forward: 'remote',
    listen: `203.0.113.20:${port}`,
    far: 'far:80',
  })
  const tunnels = { a: web(8080), b: web(8081), c: web(8082) }
  const hosts = { near: hostOf('near'), middle: { ...hostOf('middle'), firewall: { openPorts: [{ port: 9000 }] } } }
  command.write('tunnels.yaml', { owner: 'two', hosts, tunnels })
})
afterAll(async () => {
  await lab?.stop()
  command?.remove()
})

/** Milliseconds; of the five `make test` tries two. */
const gaps = process.env.WIDE ? [0, 50, 150, 300, 500] : [0, 150]

test.each(gaps)('started %i ms apart', async gap => {
  const before = await fingerprints(lab)
  const first = command.runTunnels('apply')
  await new Promise(resolve => setTimeout(resolve, gap))
  const both = await Promise.all([first, command.runTunnels('apply')])
  const failed = both.filter(({ code }) => code !== 0)
  expect(failed).toEqual([])
  expect((await command.runTunnels('plan', '--detailed-exitcode')).code).toBe(0)
  expect(await fetchPage(lab, 8082)).toBe('hello from far\n')
  expect((await command.runTunnels('destroy')).code).toBe(0)
  expect(await fingerprints(lab)).toEqual(before)
})
