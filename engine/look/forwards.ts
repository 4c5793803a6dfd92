// Who forwards over SSH on a host, whoever started it: what remote/forwards.sh prints, read.
import type { Host } from '../../schemas/types'
import { Fault } from '../fault'
import { connect } from '../host/pool'
import { ownerOfAccount } from '../parts/mark'
import type { Listener } from '../parts/snapshot'
import { scripts } from '../remote/texts'
import { parseRecords } from './records'
import { readAddress, readListener } from './snapshot'

export interface SshProcess {
  readonly pid: number
  readonly parent: number
  readonly program: 'ssh' | 'autossh' | 'sshd'
  readonly argv: readonly string[]
  readonly user: string
  /** Whose tunnel's account it runs as; null for nobody of ours. */
  readonly owner: string | null
  /** Milliseconds since 1970; null where the host does not tell. */
  readonly since: number | null
  /** The systemd unit that runs it, of the system or of a user; null for a process of nobody's. */
  readonly unit: string | null
  readonly isUserUnit: boolean
}

export interface Connected {
  readonly pid: number
  /** ADDRESS:PORT each, as ss writes them. */
  readonly local: string
  readonly peer: string
}

export interface Forwarding {
  readonly processes: readonly SshProcess[]
  readonly listeners: readonly Listener[]
  readonly sockets: readonly { readonly path: string; readonly pid: number }[]
  readonly connections: readonly Connected[]
  readonly addresses: readonly string[]
  /** Units, tables and scripts that name ssh, running or not. */
  readonly starts: readonly { readonly path: string; readonly text: string }[]
  /** Files of variables that such units name: those of autossh, and those that their lines name. */
  readonly environments: readonly { readonly path: string; readonly text: string }[]
  readonly knownHosts: readonly { readonly path: string; readonly text: string }[]
  /** Whether who listens could be asked at all. */
  readonly showsListeners: boolean
}

/** Throws a Fault where the host cannot be asked. */
export async function readForwarding(host: Host): Promise<Forwarding> {
  const { code, stdout, stderr } = await (await connect(host)).run(scripts.forwards, [])
  const found = code === 0 ? parseForwarding(stdout) : null
  if (found) return found
  const what = `cannot read who forwards on ${host.name}`
  throw new Fault({ code: 'look-failed', host: host.name, what, script: 'forwards', exitStatus: code, stderr })
}

/** Null for what is no whole answer. */
export function parseForwarding(text: string): Forwarding | null {
  const { all, one, ended, consistent } = parseRecords(text)
  if (!ended || !consistent) return null
  const accounts = one('accounts')
    .split('\n')
    .map(line => line.split(':'))
  const nameOf = (uid: number) => accounts.find(([, , own]) => own === String(uid))
  const [boot = Number.NaN, ticks = 100] = one('clock').split('\n').filter(Boolean).map(Number)
  const details = new Map(all('process').map(({ name, value }) => [name, value]))
  const texts = (kind: string) => all(kind).map(({ name, value }) => ({ path: name, text: value }))
  const pidIn = (line: string) => Number(/pid=(\d+)/.exec(line)?.[1] ?? Number.NaN)
  return {
    processes: all('argv').flatMap(({ name, value }) => {
      const [uid = '', stat = '', ...cgroups] = (details.get(name) ?? '').split('\n')
      const program = programOf(stat)
      const words = value.replace(/\n+$/, '').split('\n')
      // Of its -f autossh leaves nothing but the bytes that end words.
      const argv = program === 'autossh' ? words.filter(Boolean) : words
      if (!program) return []
      // Behind the name, which may hold blanks and brackets: state, parent, ... and the 20th, when it began (proc(5)).
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      const account = nameOf(Number(uid))
      const began = boot + Number(fields[19]) / ticks
      return [
        {
          pid: Number(name),
          parent: Number(fields[1]),
          program,
          argv,
          user: account?.[0] ?? uid,
          owner: ownerOfAccount(account?.[4] ?? '') || null,
          since: Number.isFinite(began) ? Math.round(began * 1000) : null,
          ...unitOf(cgroups),
        },
      ]
    }),
    listeners: one('listeners').split('\n').flatMap(readListener),
    sockets: one('sockets')
      .split('\n')
      .flatMap(line => {
        const path = /\s(\/\S+)\s/.exec(line)?.[1]
        return path && Number.isFinite(pidIn(line)) ? [{ path, pid: pidIn(line) }] : []
      }),
    connections: one('connections')
      .split('\n')
      .flatMap(line => {
        // A socket of both families, as systemd's for sshd, has IPv4 within IPv6.
        const [, , local, peer] = line
          .replaceAll(/\[::ffff:([\d.]+)\]/g, '$1')
          .trim()
          .split(/\s+/)
        return local && peer
          ? [...line.matchAll(/pid=(\d+)/g)].map(found => ({ pid: Number(found[1]), local, peer }))
          : []
      }),
    addresses: one('addresses').split('\n').flatMap(readAddress),
    starts: texts('start'),
    environments: texts('environment'),
    knownHosts: texts('known'),
    showsListeners: all('missing').length === 0,
  }
}

function programOf(stat: string): SshProcess['program'] | null {
  const name = /^\d+ \((.*)\) /.exec(stat)?.[1] ?? ''
  return name === 'ssh' || name === 'autossh' ? name : /^sshd(-session)?$/.test(name) ? 'sshd' : null
}

/** The last unit of the path; a session scope is nobody's unit. */
function unitOf(cgroups: readonly string[]): Pick<SshProcess, 'unit' | 'isUserUnit'> {
  const path = cgroups.find(line => /\.service/.test(line)) ?? ''
  const units = [...path.matchAll(/\/([^/]+\.service)/g)].map(([, unit = '']) => unit)
  const isUserUnit = units.length > 1 && /^user@\d+\.service$/.test(units[0] ?? '')
  return { unit: /\.scope$/.test(path.trim()) ? null : (units.at(-1) ?? null), isUserUnit }
}
