// A contender: one way to have N tunnels stand on near and middle. All do the same acts, in turn, on the same hosts.
import type { Lab } from '../lab'
import { waitFor } from '../lab/command'

export const acts = ['deploy', 'plan', 'destroy'] as const
export type Act = (typeof acts)[number]

export const names = [
  'floor',
  'script',
  'terraform-data',
  'command',
  'shared',
  'terraform',
  'terraform-wide',
  'remote-exec',
  'pyinfra',
  'ansible',
] as const
export type Name = (typeof names)[number]

/** The two hosts that the tunnels are between. */
export const ends = ['near', 'middle'] as const
export type End = (typeof ends)[number]

export interface Tunnel {
  readonly name: string
  readonly port: number
}

export interface Contender {
  readonly name: Name
  /** It takes so long for more tunnels that more are not tried. */
  readonly atMost?: number
  /** What it makes answers no visitor: there is nothing to be looked at after its deploy. */
  readonly bare?: boolean
  /** What no clock sees: files, a saved plan, settings of the hosts. */
  prepare(tunnels: readonly Tunnel[]): Promise<void>
  deploy(): Promise<void>
  /** Looks at what stands. Resolves to whether it sees, as is true, that nothing is to be done. Who cannot look has none. */
  plan?(): Promise<boolean>
  destroy(): Promise<void>
  /** Takes back what prepare did. */
  tidy(): Promise<void>
}

const firstPort = 20_001
export const far = 'far:80'
/** Minutes, for a thousand tunnels; what hangs longer is broken. */
export const timeoutMs = 30 * 60_000

export const tunnelsOf = (count: number): readonly Tunnel[] =>
  Array.from({ length: count }, (_, index) => ({ name: `t${index + 1}`, port: firstPort + index }))

/** A shell text for middle that waits, up to two minutes, until exactly so many of the ports listen. */
export function untilListening(tunnels: readonly Tunnel[], count: number): string {
  const ports = `sport >= :${firstPort} and sport < :${firstPort + tunnels.length}`
  return `deadline=$(($(date +%s) + 120))
    until [ "$(ss -Hltn '${ports}' | grep -c .)" -eq ${count} ]; do
      [ "$(date +%s)" -lt "$deadline" ] || { echo 'not all ports of ${tunnels.length}: ${count} were to listen' >&2; exit 1; }
      sleep 0.02
    done`
}

/** Throws unless all ports listen soon, and far's page comes through the first and the last one. */
export async function expectAll(lab: Lab, tunnels: readonly Tunnel[]): Promise<void> {
  await lab.hosts.middle.sh(untilListening(tunnels, tunnels.length))
  for (const { name, port } of [tunnels[0], tunnels.at(-1)].filter(one => one !== undefined)) {
    const url = `http://${lab.hosts.middle.address}:${port}/`
    await waitFor(`far's page through ${name}`, async () => {
      const { stdout } = await lab.run('visitor', ['curl', '--silent', '--max-time', '3', url])
      return stdout.includes('hello from far') ? true : undefined
    })
  }
}

const leftovers = `ls -d /etc/systemd/system/tunnel-* /etc/systemd/system/peer-* /etc/ssh-tunnels /etc/peer /etc/ssh/sshd_config.d/* 2>/dev/null
  getent passwd | grep -E '^(tun|peer)-'
  nft list ruleset | grep comment
  ss -Hltn 'sport >= :${firstPort} and sport < :${firstPort + 1000}'`

/** Throws when a host is not ready for the next contender. */
export async function expectClean(lab: Lab): Promise<void> {
  for (const host of [lab.hosts.near, lab.hosts.middle]) {
    const { stdout } = await host.exec(leftovers)
    if (stdout !== '') throw new Error(`this was left on ${host.name}:\n${stdout}`)
  }
}
