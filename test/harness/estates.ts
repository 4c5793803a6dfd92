// What the changes that are broken off lead from and to, and what differs from what they should lead to.
import type { Declared } from '../../engine/wish/declared'
import type { Lab } from '../../lab'

/** A tunnel and the settings of its middle; and the same with another port, keepalive, opening and setting. */
export function estatesOf(lab: Lab, owner: string): [readonly Declared[], readonly Declared[]] {
  const hostOf = (name: 'near' | 'middle') => ({
    name,
    address: lab.hosts[name].address,
    identityFile: lab.keyFile,
    knownHosts: lab.knownHosts,
  })
  const [near, middle] = [hostOf('near'), hostOf('middle')]
  const estate = (port: number, interval: number): Declared[] => [
    {
      type: 'tunnel',
      input: {
        name: 'web',
        owner,
        forward: 'remote',
        listen: `203.0.113.20:${port}`,
        far: 'far:80',
        client: near,
        server: middle,
        serverAlive: { interval, countMax: 3 },
      },
    },
    {
      type: 'middle',
      input: { name: 'middle', owner, host: middle, clientAliveInterval: interval, openPorts: [{ port: port + 1000 }] },
    },
  ]
  return [estate(8080, 30), estate(8081, 20)]
}

/** Lines that one of the texts has and the other has not. */
export function differing(wanted: string, found: string): string[] {
  const [all, there] = [wanted.split('\n'), found.split('\n')]
  return [
    ...all.filter(line => !there.includes(line)).map(line => `lacks ${line}`),
    ...there.filter(line => !all.includes(line)).map(line => `has ${line}`),
  ]
}
