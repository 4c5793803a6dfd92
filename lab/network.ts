// The lab's network: a router between all places, and its faults: cut links, delay and loss. Hosts wire themselves (run-host.sh).
import { must } from './command'
import { type LabState, netnsOf } from './state'
import { type AnyHost, placeNames, placeSpots } from './topology'

const forwarding = 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'

/** Makes the router and the two places. Both ends of every link are born inside namespaces: the machine's own has no part in it. */
export async function makeNetwork(lab: LabState): Promise<void> {
  const router = netnsOf(lab, 'router')
  const links = placeNames.map(
    place => `link add eth0 netns ${netnsOf(lab, place)} type veth peer name ${place} netns ${router}`,
  )
  const spaces = ['router', ...placeNames] as const
  await batch([], [...spaces.map(place => `netns add ${netnsOf(lab, place)}`), ...links])
  const routerSide = placeNames.flatMap(place => [
    `addr add ${placeSpots[place].gateway}/${placeSpots[place].prefixLength} dev ${place}`,
    `addr add ${placeSpots[place].gateway6}/64 dev ${place} nodad`,
    `link set ${place} up`,
  ])
  await Promise.all([
    batch(['-n', router], ['link set lo up', ...routerSide]),
    must(['ip', 'netns', 'exec', router, 'sh', '-c', forwarding]),
    clearCuts(lab),
    ...placeNames.map(place => {
      const { address, prefixLength, gateway, address6, gateway6 } = placeSpots[place]
      const own = [`addr add ${address}/${prefixLength} dev eth0`, `addr add ${address6}/64 dev eth0 nodad`]
      const ways = [`route add default via ${gateway}`, `route add ::/0 via ${gateway6}`]
      return batch(['-n', netnsOf(lab, place)], ['link set lo up', ...own, 'link set eth0 up', ...ways])
    }),
  ])
}

/** Which packets a cut link drops: all, or those of one direction alone. */
export type Direction = 'both' | 'to' | 'from'

const setsOf = (direction: Direction) => (direction === 'both' ? ['cut_to', 'cut_from'] : [`cut_${direction}`])

/** Drops everything from and to the host, as a pulled cable does: no reset, no ICMP. Connections stay as they are and wait. */
export async function cutLink(lab: LabState, host: AnyHost, direction: Direction = 'both'): Promise<void> {
  await routerNft(
    lab,
    setsOf(direction)
      .map(set => `add element inet lab ${set} { "${host}" }\n`)
      .join(''),
  )
}

export async function healLink(lab: LabState, host: AnyHost): Promise<void> {
  // Adding first makes the deletion work on a link that is not cut.
  const heal = (set: string) => ['add', 'delete'].map(verb => `${verb} element inet lab ${set} { "${host}" }\n`)
  await routerNft(lab, setsOf('both').flatMap(heal).join(''))
}

export async function clearCuts(lab: LabState): Promise<void> {
  await routerNft(
    lab,
    `table inet lab
delete table inet lab
table inet lab {
  set cut_from { type ifname; }
  set cut_to { type ifname; }
  chain forward {
    type filter hook forward priority filter; policy accept;
    iifname @cut_from drop
    oifname @cut_to drop
  }
}
`,
  )
}

export interface Shape {
  readonly delayMs?: number
  readonly lossPercent?: number
}

/**
 * Delays and loses packets on their way to the host, so a round trip takes delayMs longer. Losing is nftables'; a delay needs the kernel's
 * netem, and without it (some small virtual machines' kernels) this throws.
 */
export async function shape(lab: LabState, host: AnyHost, { delayMs = 0, lossPercent = 0 }: Shape): Promise<void> {
  await unshape(lab, host)
  if (delayMs > 0) await replaceQdisc(lab, host, 'netem', 'delay', `${delayMs}ms`)
  if (lossPercent > 0) {
    const lost = `oifname "${host}" numgen random mod 10000 < ${Math.round(lossPercent * 100)} drop`
    await routerNft(
      lab,
      `table inet loss_${host} { chain forward { type filter hook forward priority 10; ${lost}; }; }\n`,
    )
  }
}

export async function unshape(lab: LabState, host: AnyHost): Promise<void> {
  await routerNft(lab, `table inet loss_${host}\ndelete table inet loss_${host}\n`)
  // `replace` with the default instead of `del`, which fails where nothing is shaped.
  await replaceQdisc(lab, host, 'pfifo_fast')
}

async function replaceQdisc(lab: LabState, host: AnyHost, ...words: readonly string[]): Promise<void> {
  await must(['tc', '-n', netnsOf(lab, 'router'), 'qdisc', 'replace', 'dev', host, 'root', ...words])
}

async function batch(args: readonly string[], lines: readonly string[]): Promise<void> {
  await must(['ip', ...args, '-batch', '-'], { input: `${lines.join('\n')}\n` })
}

async function routerNft(lab: LabState, rules: string): Promise<void> {
  await must(['ip', 'netns', 'exec', netnsOf(lab, 'router'), 'nft', '-f', '-'], { input: rules })
}
