// Two deploys at the same time: of one spec both end well, and what they made stands once; of two specs each has a port of its own.
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

test('two places that have the host choose at once, where two ports are left, get one each', async () => {
  const before = await fingerprints(lab)
  const elsewhere = makeCommandLine(lab)
  const range = '/proc/sys/net/ipv4/ip_local_port_range'
  const usual = await lab.hosts.middle.sh(`cat ${range}; echo 1026 65535 >${range}`)
  try {
    const places = [command, elsewhere].map((place, index) => {
      const { hostOf } = place
      const hosts = { near: hostOf('near'), middle: hostOf('middle') }
      const open = { client: 'near', server: 'middle', forward: 'remote', listen: '203.0.113.20:0', far: 'far:80' }
      place.write('open.yaml', { owner: `place-${index}`, hosts, tunnels: { [`open-${index}`]: open } })
      return { apply: () => place.run('apply', 'open.yaml'), remove: () => place.must('destroy', 'open.yaml') }
    })
    const ended = await Promise.all(places.map(({ apply }) => apply()))
    expect(ended.filter(({ code }) => code !== 0)).toEqual([])
    const kept = await lab.hosts.middle.sh('cut -d " " -f 1 /etc/ssh-tunnels/open-*/ports | grep -v "#" | sort')
    expect(kept.trim().split('\n')).toEqual(['1024', '1025'])
    for (const { remove } of places) await remove()
  } finally {
    await lab.hosts.middle.sh(`echo '${usual.trim()}' >${range}`)
    elsewhere.remove()
  }
  expect(await fingerprints(lab)).toEqual(before)
})
