// Tunnels keep up: after each misfortune visitors are answered again by nobody's hand, no unit has given up, and no ssh was begun anew that had no
// need to be.
import { setTimeout as sleep } from 'node:timers/promises'
import { lendPackage } from '../../bench/lend-package'
import { type Lab, startLab } from '../../lab'
import { command as runCommand, waitFor } from '../../lab/command'
import { type CommandLine, makeCommandLine } from '../lab/command-line'
import { clientOf, misfortunes, relay, type Tunnel, tunnels, unitOf } from './misfortunes'

const minutes = 60_000
let lab: Lab
let command: CommandLine
/** Visitors who come all the time: no port is idle. */
let visiting: Promise<unknown>
let closed = false

/** far's page, as who may come to it sees it. */
const visitors: Readonly<Record<Tunnel, { readonly from: 'visitor' | 'near'; readonly url: string }>> = {
  remote: { from: 'visitor', url: 'http://203.0.113.20:8080/' },
  local: { from: 'near', url: 'http://127.0.0.1:8081/' },
  onward: { from: 'visitor', url: 'http://203.0.113.20:8082/' },
}

async function answers(tunnel: Tunnel): Promise<boolean> {
  const { from, url } = visitors[tunnel]
  if (from === 'near' && !lab.hosts.near.isUp()) return false
  const curl = ['curl', '--silent', '--connect-timeout', '1', '--max-time', '3', url]
  return (await runCommand(lab.argvIn(from, curl))).stdout === 'hello from far\n'
}

async function visit(tunnel: Tunnel): Promise<void> {
  while (!closed) {
    await answers(tunnel)
    await sleep(500)
  }
}

interface Standing {
  readonly pid: string
  readonly state: string
}

async function standing(tunnel: Tunnel): Promise<Standing> {
  const shown = await lab.hosts[clientOf(tunnel)].sh(`systemctl show -P MainPID -P ActiveState ${unitOf(tunnel)}`)
  const [pid = '', state = ''] = shown.split('\n')
  return { pid, state }
}

const ofAll = async <T>(ask: (tunnel: Tunnel) => Promise<T>) =>
  Object.fromEntries(await Promise.all(tunnels.map(async one => [one, await ask(one)] as const))) as Record<Tunnel, T>

beforeAll(async () => {
  lab = await startLab({ log: () => {} })
  const { near, middle } = lab.hosts
  // It stays over a reboot, as the host's own address does.
  await middle.writeFile(
    '/etc/systemd/system/relay.service',
    `[Service]\nType=oneshot\nExecStart=ip address add ${relay.address}/24 dev eth0\n[Install]\nWantedBy=multi-user.target\n`,
  )
  await middle.sh('systemctl enable --quiet --now relay')
  await near.sh(`echo '${relay.address} ${relay.name}' >>/etc/hosts`)
  await lendPackage(lab, 'conntrack', ['near', 'middle'])

  command = makeCommandLine(lab)
  const { hostOf } = command
  const serverAlive = { interval: 10, countMax: 3 }
  const named = { client: 'near', server: 'relay', serverAlive }
  command.write('tunnels.yaml', {
    owner: 'keeps-up',
    hosts: {
      near: hostOf('near'),
      middle: hostOf('middle'),
      far: hostOf('far'),
      // Near alone knows the name.
      relay: { ...hostOf('middle'), address: relay.name, via: ['near'] },
    },
    tunnels: {
      remote: { ...named, forward: 'remote', listen: '203.0.113.20:8080', far: 'far:80' },
      local: { ...named, forward: 'local', listen: '127.0.0.1:8081', far: 'far:80' },
      onward: {
        client: 'middle',
        server: 'far',
        serverAlive,
        forward: 'local',
        listen: '203.0.113.20:8082',
        far: '127.0.0.1:80',
      },
    },
  })
  expect(await command.runTunnels('apply')).toMatchObject({ code: 0 })
  visiting = Promise.all(tunnels.map(visit))
}, 5 * minutes)
afterAll(async () => {
  closed = true
  await visiting
  await lab?.stop()
  command?.remove()
})

test.each(misfortunes)(
  '$what',
  async ({ what, strike, anew }) => {
    const before = await ofAll(standing)
    await strike(lab)
    const over = Date.now()
    const states = new Set<string>()
    await Promise.all(
      tunnels.map(tunnel =>
        waitFor(
          `${tunnel} to answer`,
          async () => {
            states.add((await standing(tunnel)).state)
            return (await answers(tunnel)) || undefined
          },
          4 * minutes,
        ),
      ),
    )
    console.log(`${what}: all answered ${((Date.now() - over) / 1000).toFixed(1)} s after it was over`)
    const after = await ofAll(standing)
    expect([...states]).not.toContain('failed')
    for (const tunnel of tunnels) {
      if (!anew.includes(tunnel)) expect([tunnel, after[tunnel].pid]).toEqual([tunnel, before[tunnel].pid])
    }
  },
  8 * minutes,
)

test('nothing of a tunnel goes by the time of day', async () => {
  for (const tunnel of tunnels) {
    const host = lab.hosts[clientOf(tunnel)]
    expect(await host.sh(`systemctl list-timers --all --no-legend --plain '*tunnel*'`)).toBe('')
    const wanted = ['Restart=always', 'RestartUSec=0', 'StartLimitIntervalUSec=0', 'TriggeredBy=']
    const names = wanted.map(line => line.split('=')[0]).join(',')
    const shown = await host.sh(`systemctl show --property=${names} ${unitOf(tunnel)}`)
    expect(shown.split('\n').sort()).toEqual(wanted)
  }
})
