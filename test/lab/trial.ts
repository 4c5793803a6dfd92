// What is tried on hosts of any kind: tunnels whose listener each of them has, and who gets through to whom as rules are read anew, changed by
// hand, and lost with a reboot.
import { fingerprint, type HostName, type ImageName, type Lab, type PlaceName } from '../../lab'
import { waitFor } from '../../lab/command'
import { images } from '../../lab/images'
import { type CommandLine, makeCommandLine } from './command-line'
import type { Manager } from './firewall-managers'

/** Kinds of tunnels, each with a port of its own on the host that listens. */
export const ports = { all: 8081, some: 8080, all6: 8083, some6: 8082, own: 8084 } as const
export type Kind = keyof typeof ports
export const nameOf = (kind: Kind, host: HostName) => `${kind}-${host}`

/** What a plan says of a tunnel. */
export const partOfPlan = (plan: string, tunnel: string): string =>
  `\n${plan}`.split(/\n {2}# /).find(part => part.startsWith(`tunnel ${tunnel} `)) ?? ''
export const managerIn = (plan: string, tunnel: string): string | undefined =>
  /manager +[=+~]+ +"(.*)"/.exec(partOfPlan(plan, tunnel))?.[1]

const visitors = ['192.0.2.64/26', '2001:db8:5::/64']

export interface Trial {
  readonly lab: Lab
  readonly line: CommandLine
  readonly names: readonly HostName[]
  clientOf(name: HostName): HostName
  managerOf(name: HostName): Manager
  /** Of each host. */
  each<T>(ask: (name: HostName) => Promise<T>): Promise<Record<string, T>>
  /** Which of its ports answer, to whom of the visitor and the controller (who is not named in allowFrom), with whose page. */
  reached(name: HostName): Promise<Reached>
  wanted(name: HostName): Reached
  plan(): Promise<{ readonly code: number; readonly stdout: string }>
  /** Throws what the command said when it fails. */
  must(verb: 'apply' | 'destroy'): Promise<void>
  /** Until all answer, as after a reboot. */
  comeBack(): Promise<void>
  prints(): Promise<Record<string, string>>
  end(): Promise<void>
}

/** By kind: whose page the visitor gets, and whose the controller; empty for none. */
export type Reached = Readonly<Partial<Record<Kind, readonly [visitor: string, controller: string]>>>

const webService = `[Unit]
Description=Says which host this is
[Service]
ExecStart=/usr/bin/busybox httpd -f -p 80 -h /srv/www
[Install]
WantedBy=multi-user.target
`

const webScript = '#!/bin/sh\npgrep -f "[h]ttpd -p 80" >/dev/null || busybox httpd -p 80 -h /srv/www\n'

/** `kinds`: of those tunnels that other hosts than its own begin. */
export async function startTrial(
  lab: Lab,
  managers: Readonly<Partial<Record<HostName, Manager>>>,
  kinds: readonly Kind[],
): Promise<Trial> {
  const names = Object.keys(managers) as HostName[]
  const all = Object.values(lab.hosts).map(({ name }) => name)
  const runsSystemd = (name: HostName) => !images[lab.hosts[name].image as ImageName].noSystemd
  const clientOf = (name: HostName): HostName => {
    const others = [...all, ...all].slice(all.indexOf(name) + 1).filter(one => one !== name)
    return others.find(one => names.includes(one)) ?? others[0] ?? name
  }
  const line = makeCommandLine(lab)
  await Promise.all(
    all.map(async name => {
      const { writeFile, sh } = lab.hosts[name]
      await writeFile('/srv/www/name', name)
      if (!runsSystemd(name)) {
        // At boot by sysvinit, and by OpenRC.
        for (const file of ['/etc/rc.local', '/etc/local.d/web.start']) await writeFile(file, webScript)
        await sh('chmod 755 /etc/rc.local /etc/local.d/web.start; /etc/rc.local')
        return
      }
      await writeFile('/etc/systemd/system/web.service', webService)
      await sh('systemctl daemon-reload; systemctl enable --quiet web; systemctl restart web')
    }),
  )
  const listenOf = (kind: Kind, name: HostName) => {
    if (kind === 'all6') return `[::]:${ports[kind]}`
    return kind === 'some6'
      ? `[${lab.hosts[name].address6}]:${ports[kind]}`
      : `${lab.hosts[name].address}:${ports[kind]}`
  }
  const tunnelOf = (kind: Kind, name: HostName) => ({
    ...(kind === 'own' ? { client: name, forward: 'local' } : { client: clientOf(name), forward: 'remote' }),
    server: name,
    listen: listenOf(kind, name),
    far: '127.0.0.1:80',
    ...(kind.startsWith('some') ? { allowFrom: visitors.filter(one => one.includes(':') === kind.endsWith('6')) } : {}),
  })
  line.write('tunnels.yaml', {
    owner: 'me',
    hosts: Object.fromEntries(all.map(name => [name, { ...line.hostOf(name), addresses: [lab.hosts[name].address6] }])),
    tunnels: Object.fromEntries(names.flatMap(name => kinds.map(kind => [nameOf(kind, name), tunnelOf(kind, name)]))),
  })

  const each: Trial['each'] = async ask =>
    Object.fromEntries(await Promise.all(names.map(async name => [name, await ask(name)] as const)))
  const page = async (place: PlaceName, kind: Kind, name: HostName) => {
    const address = kind.endsWith('6') ? `[${lab.hosts[name].address6}]` : lab.hosts[name].address
    return (await lab.run(place, ['curl', '-s', '-g', '-m', '3', `http://${address}:${ports[kind]}/name`])).stdout
  }
  const reached = async (name: HostName): Promise<Reached> =>
    Object.fromEntries(
      await Promise.all(
        kinds.map(async kind => {
          const both = (['visitor', 'controller'] as const).map(place => page(place, kind, name))
          return [kind, await Promise.all(both)] as const
        }),
      ),
    )
  return {
    lab,
    line,
    names,
    clientOf,
    managerOf: name => managers[name] as Manager,
    each,
    reached,
    wanted: name =>
      Object.fromEntries(
        kinds.map(kind => {
          const far = kind === 'own' ? name : clientOf(name)
          return [kind, [far, kind.startsWith('some') ? '' : far]]
        }),
      ),
    plan: () => line.run('plan', 'tunnels.yaml', '--detailed-exitcode'),
    async must(verb) {
      const { code, said } = await line.runTunnels(verb)
      if (code !== 0) throw new Error(`${verb} ended with ${code}:\n${said}`)
    },
    async comeBack() {
      await Promise.all(
        names.flatMap(name =>
          kinds.map(kind =>
            waitFor(
              `${nameOf(kind, name)} to come back`,
              async () => (await page('visitor', kind, name)) || undefined,
              150_000,
            ),
          ),
        ),
      )
    },
    prints: () => each(name => fingerprint(lab.hosts[name])),
    async end() {
      await lab.stop()
      line.remove()
    },
  }
}
