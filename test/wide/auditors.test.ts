// Auditors that others wrote judge the hosts of a tunnel before and after a deploy: ssh-audit the middle's sshd from outside, Lynis the middle
// and the client as root.
import { join } from 'node:path'
import { lendPackage } from '../../bench/lend-package'
import { type HostName, type ImageName, type Lab, startLab } from '../../lab'
import { must } from '../../lab/command'
import { type CommandLine, makeCommandLine } from '../lab/command-line'
import { find } from './found'
import { differences, indexOfLynis, type Verdicts, verdictsOfLynis, verdictsOfSshAudit } from './verdicts'

const minutes = 60_000
const columns: Readonly<Partial<Record<ImageName, string>>> = { bookworm: 'Debian 12', trixie: 'Debian 13' }

interface Opinion {
  readonly verdicts: Verdicts
  /** Lynis' own sum; NaN where there is none. */
  readonly index: number
}

let sshAudit: string
beforeAll(async () => {
  sshAudit = await must([join(__dirname, '../judges/find-ssh-audit.sh')], { timeoutMs: 5 * minutes })
}, 5 * minutes)

describe.each(Object.entries(columns) as [ImageName, string][])('%s', (image, column) => {
  let lab: Lab
  let line: CommandLine
  const before = new Map<string, Opinion>()
  const after = new Map<string, Opinion>()

  const audits: Readonly<Record<string, () => Promise<Opinion>>> = {
    'ssh-audit, the middle': async () => {
      const argv = [sshAudit, '--batch', '--no-colors', '--skip-rate-test', lab.hosts.middle.address]
      const { stdout } = await lab.run('controller', argv)
      return { verdicts: verdictsOfSshAudit(stdout), index: Number.NaN }
    },
    'Lynis, the middle': () => lynis('middle'),
    'Lynis, the client': () => lynis('near'),
  }
  const judge = async (into: Map<string, Opinion>) => {
    await Promise.all(Object.entries(audits).map(async ([name, audit]) => into.set(name, await audit())))
  }

  async function lynis(host: HostName): Promise<Opinion> {
    // Who deployed has logged in as root, whose own manager systemd keeps for some seconds.
    await lab.hosts[host].sh('while systemctl -q is-active user@0; do sleep 0.1; done')
    const report = '/run/lynis.dat'
    const words = `lynis audit system --quick --logfile /dev/null --report-file ${report}`
    const argv = lab.argvIn(host, ['/bin/sh', '-c', `${words}; rm -f /run/lynis.pid`])
    const screen = await must(argv, { timeoutMs: 5 * minutes })
    const text = await lab.hosts[host].sh(`cat ${report} && rm ${report}`)
    const idle = await neverStarted(host)
    const verdicts = [...verdictsOfLynis(screen, text)].filter(([about]) => !idle.includes(about))
    return { verdicts: new Map(verdicts), index: indexOfLynis(text) }
  }

  /**
   * What Lynis calls the user managers that a drop-in of ours has kept from ever being started. It judges the text of each unit that systemd
   * has loaded, and logind's session of an account names that account's.
   */
  async function neverStarted(host: HostName): Promise<string[]> {
    const properties = ['Id', 'DropInPaths', 'ConditionResult', 'InactiveExitTimestampMonotonic']
    const units = await lab.hosts[host].sh(`systemctl show --all --property=${properties.join(',')} 'user@*.service'`)
    const isOurs = (unit: string) =>
      /^DropInPaths=.*\/ssh-tunnels-/m.test(unit) &&
      /^ConditionResult=no$/m.test(unit) &&
      /^InactiveExitTimestampMonotonic=0$/m.test(unit)
    const ours = units.split('\n\n').filter(isOurs)
    return ours.map(unit => `Boot and services: ${/^Id=(.*)$/m.exec(unit)?.[1]}`)
  }

  beforeAll(async () => {
    lab = await startLab({ images: { middle: image, near: image }, log: () => {} })
    line = makeCommandLine(lab)
    await lendPackage(lab, 'lynis', ['near', 'middle'], image)
    await judge(before)
    const [near, middle] = [line.hostOf('near'), line.hostOf('middle')]
    const ends = { client: 'near', server: 'middle', far: 'far:80' }
    line.write('tunnels.yaml', {
      owner: 'me',
      hosts: { near, middle },
      tunnels: {
        pub: { ...ends, forward: 'remote', listen: '203.0.113.20:8080' },
        dial: { ...ends, forward: 'local', listen: '198.51.100.10:5432' },
      },
    })
    const { code, said } = await line.runTunnels('apply')
    expect({ code, said: code === 0 ? '' : said }).toEqual({ code: 0, said: '' })
    await judge(after)
  }, 20 * minutes)
  afterAll(async () => {
    await lab?.stop()
    line?.remove()
  })

  test.each(Object.keys(audits))('%s: no verdict gets worse', name => {
    const [was, is] = [before.get(name) as Opinion, after.get(name) as Opinion]
    expect([...is.verdicts.values()].filter(({ level }) => level === 0).length).toBeGreaterThan(20)
    const differ = differences(was.verdicts, is.verdicts)
    const worse = differ.filter(one => one.worse)
    const lines = differ.map(one => `${one.about}: ${one.before ?? 'nothing'} -> ${one.after ?? 'nothing'}`)
    console.log([`${column}, ${name}: ${is.verdicts.size} verdicts, of which differ:`, ...lines].join('\n'))
    const sum = Number.isNaN(is.index) ? '' : `; index ${was.index} -> ${is.index}`
    const answer = `${worse.length} of ${is.verdicts.size} worse${sum}`
    find({ table: 'auditors', row: name, column, answer })
    expect(worse).toEqual([])
    if (sum) expect(is.index).toBeGreaterThanOrEqual(was.index)
  })
})
