// What happens to tunnels that stand: each fault on the lab's real hosts, and which tunnels' ssh it may begin anew.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Direction, HostName, Lab } from '../../lab'

/**
 * Row 1 of the table of tunnels, near's remote forward on middle; row 4, near's local one through middle; row 3, middle's local one to far's own
 * sshd. The first two know middle by a name alone.
 */
export const tunnels = ['remote', 'local', 'onward'] as const
export type Tunnel = (typeof tunnels)[number]

export interface Misfortune {
  readonly what: string
  /** Resolves when it is over. */
  readonly strike: (lab: Lab) => Promise<unknown>
  /** Whose ssh has a reason to be begun anew; with the others it stays the same process. */
  readonly anew: readonly Tunnel[]
}

/** The name that near has for middle, and the first address that stands behind it. */
export const relay = { name: 'relay', address: '203.0.113.21', next: '203.0.113.22' } as const
export const unitOf = (tunnel: Tunnel) => `tunnel-${tunnel}.service`
export const clientOf = (tunnel: Tunnel): HostName => (tunnel === 'onward' ? 'middle' : 'near')

/** Shorter than what serverAlive allows for. */
const cutMs = 20_000
const ofNear = ['remote', 'local'] as const

const killAll = (lab: Lab) => Promise.all(tunnels.map(one => lab.hosts[clientOf(one)].killUnit(unitOf(one), 'SIGKILL')))

const cut = (host: HostName, direction: Direction) => async (lab: Lab) => {
  await lab.cutLink(host, direction)
  await sleep(cutMs)
  await lab.healLink(host)
}

/** Near's own: what comes from the old one is of nobody any more. */
const moveNear = (lab: Lab, from: string, to: string) =>
  lab.hosts.near.sh(`ip address del ${from}/24 dev eth0; ip address add ${to}/24 dev eth0
    ip route replace default via 198.51.100.1`)

/** Near has gone without a word, and is back with another address, while visitors keep the port busy for its old session. */
async function returnFromElsewhere(lab: Lab): Promise<void> {
  await lab.cutLink('near')
  await Promise.all(ofNear.map(one => lab.hosts.near.killUnit(unitOf(one), 'SIGKILL')))
  await moveNear(lab, '198.51.100.11', '198.51.100.12')
  await sleep(cutMs)
  await lab.healLink('near')
}

export const misfortunes: readonly Misfortune[] = [
  { what: 'kill -9 of every ssh', strike: killAll, anew: tunnels },
  { what: 'a cut of 20 s', strike: cut('near', 'both'), anew: [] },
  { what: '20 s in which nothing reaches near', strike: cut('near', 'to'), anew: [] },
  { what: '20 s in which nothing comes from middle', strike: cut('middle', 'from'), anew: [] },
  {
    what: 'every sshd restarted',
    strike: ({ hosts: { middle, far } }) => Promise.all([middle, far].map(host => host.sh('systemctl restart ssh'))),
    anew: [],
  },
  {
    what: 'the service down and up again',
    strike: async ({ hosts: { far } }) => {
      await far.sh('systemctl stop web')
      await sleep(5_000)
      await far.sh('systemctl start web')
    },
    anew: [],
  },
  { what: 'a reboot of far', strike: lab => lab.hosts.far.reboot(), anew: ['onward'] },
  { what: 'a reboot of near', strike: lab => lab.hosts.near.reboot(), anew: ofNear },
  { what: 'a reboot of middle', strike: lab => lab.hosts.middle.reboot(), anew: tunnels },
  { what: 'power lost on near', strike: lab => lab.hosts.near.powerCycle(), anew: ofNear },
  { what: 'power lost on middle', strike: lab => lab.hosts.middle.powerCycle(), anew: tunnels },
  {
    what: 'what the firewalls know of connections forgotten',
    strike: ({ hosts: { near, middle } }) => Promise.all([near, middle].map(host => host.sh('conntrack -F'))),
    anew: [],
  },
  {
    what: '30 % of what comes to near and to middle lost for a minute',
    strike: async lab => {
      await Promise.all([lab.shape('near', { lossPercent: 30 }), lab.shape('middle', { lossPercent: 30 })])
      await sleep(60_000)
      await Promise.all([lab.unshape('near'), lab.unshape('middle')])
    },
    anew: [],
  },
  {
    what: 'times from before and after a jump of the clock',
    strike: async lab => {
      // All that a tunnel keeps of the time of day is when these were written.
      await lab.hosts.near.sh("touch -d '2001-01-01' /run/tunnel-remote.service.starts")
      await lab.hosts.near.sh("touch -d '2101-01-01' /run/tunnel-local.service.starts")
      await killAll(lab)
    },
    anew: tunnels,
  },
  {
    what: "the address under the server's name changed",
    strike: async ({ hosts: { near, middle } }) => {
      await middle.sh(`ip address add ${relay.next}/24 dev eth0; ip address del ${relay.address}/24 dev eth0`)
      await near.sh(`sed -i 's/^${relay.address} /${relay.next} /' /etc/hosts`)
    },
    anew: ofNear,
  },
  {
    what: "near's own address changed",
    strike: lab => moveNear(lab, '198.51.100.10', '198.51.100.11'),
    anew: ofNear,
  },
  {
    what: 'near back with another address, middle still with the old session',
    strike: returnFromElsewhere,
    anew: ofNear,
  },
]
