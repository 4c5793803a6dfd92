// Reading a host: everything of ours in one run, shared by all who ask until somebody changes the host.
import { loginId } from '../../schemas/machine'
import type { Host } from '../../schemas/types'
import { Fault } from '../fault'
import { connect } from '../host/pool'
import type { HostFile, Listener, Snapshot, Unit } from '../parts/part'
import { findManager } from '../parts/ruleset'
import { scripts } from '../remote/texts'

/** Between the fields of a record, see remote/snapshot.sh. */
const divider = '\x1f'

const taken = new Map<string, Promise<Snapshot>>()

/** The host as it is now; the same answer for everybody until `forgetSnapshot`. Throws a Fault when the host cannot be read. */
export function takeSnapshot(host: Host): Promise<Snapshot> {
  const id = loginId(host)
  const before = taken.get(id)
  if (before) return before
  const fresh = readHost(host)
  taken.set(id, fresh)
  fresh.catch(() => taken.delete(id))
  return fresh
}

export function forgetSnapshot(host: Host): void {
  taken.delete(loginId(host))
}

async function readHost(host: Host): Promise<Snapshot> {
  const reach = await connect(host)
  const ran = await reach.run(scripts.snapshot, [])
  if (ran.code !== 0 || !ran.stdout.includes(`\nend${divider}`)) {
    throw new Fault({
      code: 'snapshot-failed',
      host: host.name,
      what: `cannot read what is on ${host.name}`,
      script: 'snapshot',
      exitStatus: ran.code,
      stderr: ran.stderr,
    })
  }
  return parseSnapshot(ran.stdout, reach.hostKey)
}

/** Reads the records of remote/snapshot.sh. `hostKey` is the key that the connection verified; it counts before those on disk. */
export function parseSnapshot(text: string, hostKey: string | null = null): Snapshot {
  const records = text
    .split('\n')
    .filter(Boolean)
    .map(line => {
      const [kind = '', name = '', value = ''] = line.split(divider)
      return { kind, name, value: Buffer.from(value, 'base64').toString('utf8') }
    })
  const all = (kind: string) => records.filter(record => record.kind === kind)
  const one = (kind: string) => all(kind)[0]?.value ?? ''
  const nft = parseJson(one('nft'))
  const unknownBecause =
    one('filterunknown').trim() || (nft === null && one('nft').trim() !== '' ? 'what nft prints is no JSON' : '')
  return {
    files: Object.fromEntries(
      records.filter(({ kind }) => kind.startsWith('file ')).map(record => [record.name, readFile(record)]),
    ),
    accounts: Object.fromEntries(one('accounts').split('\n').filter(Boolean).map(readAccount)),
    keys: Object.fromEntries(all('key').map(({ name, value }) => [name, twoWords(value)])),
    hostKeys: [...new Set([...(hostKey ? [hostKey] : []), ...all('hostkey').map(({ value }) => twoWords(value))])],
    sshdError: one('sshderror').trim() || null,
    sshd: Object.fromEntries(all('effective').map(({ name, value }) => [name, readEffective(value)])),
    nft,
    filter: unknownBecause ? 'unknown' : 'known',
    filterReason: unknownBecause || null,
    firewallManager: findManager(nft),
    units: readUnits(one('units')),
    wantedUnits: one('wanted').split('\n').filter(Boolean),
    listeners: one('listeners').split('\n').flatMap(readListener),
    addresses: one('addresses')
      .split('\n')
      .flatMap(line => / inet6? ([^/ ]+)/.exec(line)?.[1] ?? []),
    missing: all('missing').map(({ name }) => name),
  }
}

/** "ssh-ed25519 AAAA..." without a comment. */
const twoWords = (line: string) => line.trim().split(/\s+/).slice(0, 2).join(' ')

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function readFile({ kind, value }: { kind: string; value: string }): HostFile {
  const [, mode = '', owner = ''] = kind.split(' ')
  return { mode, owner, text: value }
}

/** A line of passwd(5). */
function readAccount(line: string): [string, Snapshot['accounts'][string]] {
  const [name = '', , uid = '', , comment = '', , shell = ''] = line.split(':')
  return [name, { shell, comment, uid: Number(uid) }]
}

/** `keyword value`; a keyword that stands more than once has its values joined. */
function readEffective(text: string): Record<string, string> {
  const values: Record<string, string> = {}
  for (const line of text.split('\n').filter(Boolean)) {
    const space = line.indexOf(' ')
    const keyword = line.slice(0, space)
    const value = line.slice(space + 1)
    values[keyword] = keyword in values ? `${values[keyword]} ${value}` : value
  }
  return values
}

/** `systemctl show` of several units: blocks of NAME=VALUE divided by empty lines. */
function readUnits(text: string): Record<string, Unit> {
  const blocks = text.split('\n\n').map(block =>
    Object.fromEntries(
      block
        .split('\n')
        .filter(line => line.includes('='))
        .map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    ),
  )
  return Object.fromEntries(blocks.filter(block => block.Id).map(block => [block.Id as string, block]))
}

/** A line of `ss -Hltnpe`: state, two queues, local, peer, users:(("sshd",pid=812,fd=3)), uid:N unless root, and more. */
function readListener(line: string): Listener[] {
  const [, , , local = '', , ...more] = line.trim().split(/\s+/)
  const colon = local.lastIndexOf(':')
  if (colon < 0) return []
  const program = /\("([^"]*)",pid=(\d+)/.exec(more.join(' '))
  return [
    {
      address: local
        .slice(0, colon)
        .replace(/^\[|\]$/g, '')
        .replace(/%.*$/, ''),
      port: Number(local.slice(colon + 1)),
      program: program?.[1] ?? '',
      pid: program?.[2] === undefined ? null : Number(program[2]),
      uid: Number(/ uid:(\d+)/.exec(line)?.[1] ?? 0),
    },
  ]
}
