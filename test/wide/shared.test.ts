// As many tunnels in one connection as a spec may have: all of them proved, a second look finds nothing to do, and nothing of them stays.
import { type Lab, startLab } from '../../lab'
import { mostForwards } from '../../schemas/check-forwards'
import { type CommandLine, makeCommandLine } from '../lab/command-line'
import { fingerprints } from '../lab/stack'

const minutes = 60_000

let lab: Lab
let line: CommandLine
beforeAll(async () => {
  lab = await startLab()
  line = makeCommandLine(lab, 10 * minutes)
})
afterAll(async () => {
  await lab?.stop()
  line?.remove()
})

test(
  `${mostForwards} share one ssh`,
  async () => {
    const before = await fingerprints(lab)
    const shared = { client: 'near', server: 'middle', connection: 'shared', forward: 'remote', far: 'far:80' }
    const names = [...Array(mostForwards).keys()]
    const tunnels = names.map(at => [`t${at}`, { ...shared, listen: `203.0.113.20:${20000 + at}` }])
    const hosts = { near: line.hostOf('near'), middle: line.hostOf('middle') }
    line.write('tunnels.yaml', { hosts, tunnels: Object.fromEntries(tunnels) })
    const proofs = JSON.parse(await line.must('apply', 'tunnels.yaml', '--json')).proofs
    expect(proofs.filter(({ answered }: { answered: boolean }) => answered)).toHaveLength(mostForwards)
    expect((await lab.hosts.near.sh('pgrep -c -u tun-near-middle -x ssh')).trim()).toBe('1')
    expect(await line.must('plan', 'tunnels.yaml')).toContain('No changes.')
    await line.must('destroy', 'tunnels.yaml')
    expect(await fingerprints(lab)).toEqual(before)
  },
  15 * minutes,
)
