// Made-up hosts behind the interface Reach: they run the two scripts on a snapshot, count what they are asked, and fail, hang and lie as told.
import { Fault, type FaultCode } from '../../engine/fault'
import type { Ran, Reach } from '../../engine/host'
import type { Pool } from '../../engine/host/pool'
import type { Snapshot } from '../../engine/parts/snapshot'
import { loginId } from '../../schemas/machine'
import type { Host } from '../../schemas/types'
import { type CaseSnapshot, snapshotOf } from './cases'
import { asStep, type Line, runLines } from './fake-batch'
import { answer, type Far, tunnelsAt } from './fake-world'
import { printSnapshot, record } from './print-snapshot'

/** One run of a script, as the host was asked. */
export interface Run {
  readonly script: string
  readonly requests: readonly Line[]
  readonly steps: readonly Line[]
}

export interface FakeHost {
  readonly host: Host
  on: Snapshot
  /** In their order; a run that was lost before it began counts too. */
  readonly runs: Run[]
  /** Logins, beside those that failed. */
  connects: number
  /** What a step says when it fails; null when it works. */
  fails: (line: Line) => string | null
  /** What sshd -t or nft says of a step when all of its phase are checked; null for nothing. */
  refuses: (line: Line) => string | null
  /** A login is refused by nobody: there is no host. */
  away: boolean
  /** The connection is lost once: before the next batch, after it, or with half of its steps done. */
  loses: 'before' | 'after' | 'halfway' | null
  /** Another deploy holds the host's lock for too long. */
  busy: boolean
  /** Its sshd does not let us dial. */
  prohibits: boolean
  /** The connections to fars that its tunnels hold, as remote/connections.sh prints them; null where it cannot tell. */
  connections: string[] | null
  /** The run that waits to be confirmed. */
  armed: string | null
  readonly restless: Set<string>
  deaf: boolean
  overrules: Readonly<Record<string, string>>
  plain: boolean
  /** From now on runs of this script wait; `reached` resolves when the first has come. */
  hold(script: 'look' | 'batch' | 'status'): { readonly reached: Promise<void>; readonly release: () => void }
}

export interface World extends Pool {
  readonly hosts: readonly FakeHost[]
  add(name: string, address: string, on?: CaseSnapshot): FakeHost
  /** By far's endpoint; default: it answers. */
  readonly fars: Map<string, Far>
  /** Fars that say nothing to a tunnel, whatever they say to others. */
  readonly mutes: Set<string>
  /** Hosts from which no listener of a tunnel is reached. */
  readonly blocked: Set<string>
  /** Tunnels whose ssh never listens. */
  readonly mute: Set<string>
  /** Tunnels whose ssh listens once somebody waits for it. */
  readonly late: Set<string>
}

let machines = 0

export function makeWorld(): World {
  const hosts: FakeHost[] = []
  const open = new Map<string, Promise<Reach>>()
  const world: World = {
    hosts,
    fars: new Map(),
    mutes: new Set(),
    blocked: new Set(),
    mute: new Set(),
    late: new Set(),
    add(name, address, on = {}) {
      const made = makeHost({ name, address, user: 'root' }, on)
      hosts.push(made)
      return made
    },
    connect(host) {
      const id = loginId(host)
      const there = open.get(id)
      if (there) return there
      const found = hosts.find(one => loginId(one.host) === id)
      if (!found || found.away) return Promise.reject(fault('host-unreachable', host, `cannot reach ${host.name}`))
      found.connects++
      const reaching = Promise.resolve(reachOf(found, world, () => open.delete(id)))
      open.set(id, reaching)
      return reaching
    },
    connectAfresh(host) {
      const found = hosts.find(one => loginId(one.host) === loginId(host))
      if (!found || found.away) return Promise.reject(fault('host-unreachable', host, `cannot reach ${host.name}`))
      return Promise.resolve(reachOf(found, world, () => {}))
    },
    closeAll: () => open.clear(),
  }
  return world
}

const fault = (code: FaultCode, host: Host, what: string) => new Fault({ code, host: host.name, what, cure: 'wait' })

function makeHost(host: Host, on: CaseSnapshot): FakeHost {
  const gates = new Map<string, { come: () => void; released: Promise<void> }>()
  const snapshot = snapshotOf({
    machine: `machine ${++machines}`,
    hostKeys: ['ssh-ed25519 AAAAC3'],
    addresses: ['127.0.0.1', host.address ?? ''],
    ...on,
    files: { '/etc/ssh/sshd_config': ['Include /etc/ssh/sshd_config.d/*.conf', ''], ...on.files },
  })
  const made: FakeHost & { pass(script: string): Promise<void> } = {
    host,
    on: snapshot,
    runs: [],
    connects: 0,
    fails: () => null,
    refuses: () => null,
    away: false,
    loses: null,
    busy: false,
    prohibits: false,
    connections: [],
    armed: null,
    restless: new Set(),
    deaf: false,
    overrules: {},
    plain: true,
    hold(script) {
      let come = () => {}
      let go = () => {}
      const reached = new Promise<void>(done => {
        come = done
      })
      const released = new Promise<void>(done => {
        go = done
      })
      gates.set(script, { come, released })
      const release = () => {
        gates.delete(script)
        go()
      }
      return { reached, release }
    },
    async pass(script) {
      const gate = gates.get(script)
      gate?.come()
      await gate?.released
    },
  }
  passOf.set(made, script => made.pass(script))
  return made
}

const passOf = new WeakMap<FakeHost, (script: string) => Promise<void>>()

function reachOf(fake: FakeHost, world: World, drop: () => void): Reach {
  const { host } = fake
  let end = () => {}
  const closed = new Promise<void>(done => {
    end = done
  })
  const lose = (script: string) => {
    drop()
    end()
    return fault('connection-lost', host, `the connection to ${host.name} was lost while ${script} ran`)
  }
  return {
    name: host.name,
    hostKey: fake.on.hostKeys[0] ?? null,
    closed,
    close: () => {
      drop()
      end()
    },
    ownAddress: async () => '192.0.2.1',
    async run({ name: script }, args, stdin = '') {
      if (script === 'connections') {
        const { connections } = fake
        return {
          stdout: (connections ?? []).join('\n'),
          stderr: connections ? '' : 'no ss',
          code: connections ? 0 : 69,
        }
      }
      if (script === 'confirm') {
        if (args[1] === 'extend') return { stdout: 'enough\n', stderr: '', code: 0 }
        const isThere = fake.armed === args[0]
        fake.armed = null
        return { stdout: isThere ? 'confirmed\n' : 'gone\n', stderr: '', code: 0 }
      }
      const lines = linesOf(stdin)
      const requests = lines.filter(({ verb }) => verb.startsWith('look_'))
      const steps = lines.filter(({ verb }) => !/^(look|guard)_/.test(verb))
      fake.runs.push({ script, requests, steps })
      await passOf.get(fake)?.(script)
      if (fake.away) throw lose(script)
      if (script === 'look' || script === 'status') {
        await listening(fake, world, requests)
        return { stdout: look(fake, world, requests), stderr: '', code: 0 }
      }
      const armed = lines.find(({ verb }) => verb === 'guard_arm')
      if (!fake.busy) fake.armed = armed?.args[0] ?? null
      const { loses } = fake
      fake.loses = null
      if (loses === 'before') throw lose(script)
      const ran = runBatch(fake, world, requests, loses === 'halfway' ? steps.slice(0, steps.length / 2) : steps)
      if (loses) throw lose(script)
      return fake.armed === null ? ran : { ...ran, stdout: `armed ${fake.armed}\n${ran.stdout}` }
    },
    async dial(address, port) {
      if (fake.prohibits) throw fault('dial-prohibited', host, `sshd on ${host.name} does not let us dial`)
      const direct = world.fars.get(`${address}:${port}`)
      if (direct) return answer(direct, false, host.name)
      const at = world.hosts.find(one => one.host.address === address) ?? fake
      const there = world.blocked.has(host.name) ? [] : tunnelsThere(at, world)
      const tunnel = there.find(({ listener }) => listener.port === port && listener.address === address)
      if (!tunnel) throw fault('dial-failed', host, `nobody answers on ${address}:${port}`)
      const far = world.fars.get(tunnel.far) ?? 'answers'
      if (far === 'answers' || far === 'says nothing') hold(tunnel, world)
      return answer(world.mutes.has(tunnel.far) ? 'says nothing' : far, true, host.name)
    },
  }
}

let ports = 40_000

/** Who dials far has a connection to it from now on. */
function hold({ name, isRemote, client, server, far }: ReturnType<typeof tunnelsAt>[number], world: World): void {
  const dialler = isRemote ? client : server
  const at = world.hosts.find(({ host }) => host === dialler.host)
  at?.connections?.push(`tun-${name} 192.0.2.9:${ports++} 192.0.2.10${far.slice(far.lastIndexOf(':'))}`)
}

/** The lines before `end`; without it the scripts would do nothing. */
function linesOf(stdin: string): Line[] {
  const lines = stdin.split('\n')
  if (lines.at(-2) !== 'end') throw new Error('the lines were cut off')
  return lines.slice(0, -2).map(line => {
    const [verb = '', ...args] = line.split('\x1f')
    return { verb, args }
  })
}

/** How many turns of the others a host waits for a listener. */
const patience = 1000

/** Waits as look_await does, while other hosts go on. */
async function listening(fake: FakeHost, world: World, requests: readonly Line[]): Promise<void> {
  const awaited = requests.filter(({ verb }) => verb === 'look_await').map(({ args }) => Number(args[1]))
  for (const { args } of requests.filter(({ verb }) => verb === 'look_await')) {
    world.late.delete(args[0]?.replace('tun-', '') ?? '')
  }
  const isThere = (port: number) => tunnelsThere(fake, world).some(({ listener }) => listener.port === port)
  for (let turn = 0; turn < patience && !awaited.every(isThere); turn++) await Promise.resolve()
}

const tunnelsThere = (fake: FakeHost, world: World) =>
  tunnelsAt(fake, world.hosts, name => world.mute.has(name) || world.late.has(name))

function look(fake: FakeHost, world: World, requests: readonly Line[]): string {
  const of = (verb: string) => requests.filter(one => one.verb === verb)
  for (const { args } of of('look_await')) world.late.delete(args[0]?.replace('tun-', '') ?? '')
  const there = tunnelsThere(fake, world)
  const on = { ...fake.on, listeners: [...fake.on.listeners, ...there.map(({ listener }) => listener)] }
  const asked = {
    names: of('look_whole').length > 0 ? ('whole' as const) : of('look_tunnel').map(({ args }) => args[0] ?? ''),
    journals: of('look_journal').map(({ args }) => args[0] ?? ''),
    eachSshd: of('look_each_sshd').length > 0,
  }
  return printSnapshot(on, asked, fake)
}

function runBatch(fake: FakeHost, world: World, requests: readonly Line[], steps: readonly Line[]): Ran {
  if (fake.busy) return { stdout: 'failed 0\n', stderr: 'another deploy has been changing this host', code: 75 }
  const { on, failed, stderr, code = 1, refused = [] } = runLines({ ...fake.on, left: [] }, steps, fake)
  fake.on = on
  const records = refused.map(({ number, words }) => record('refused', String(number), words))
  const stdout = records.join('') + look(fake, world, requests)
  return failed === null ? { stdout, stderr, code: 0 } : { stdout: `${stdout}failed ${failed}\n`, stderr, code }
}

/** How often each script ran there. */
export const countRuns = ({ runs }: FakeHost, script?: string): number =>
  runs.filter(one => script === undefined || one.script === script).length

/** The verbs of all steps that the host was given, with their first argument. */
export const stepsOf = ({ runs }: FakeHost): string[] =>
  runs.flatMap(({ steps }) => steps.map(asStep).map(({ verb, args }) => [verb, args[0]].filter(Boolean).join(' ')))
