// Reading a host: what is asked for of it, in one run of one program.
import { isLinkLocal } from '../../schemas/endpoint'
import { isPublicKey } from '../../schemas/public-key'
import type { Host } from '../../schemas/types'
import { Fault } from '../fault'
import type { Ran } from '../host'
import { limitOf } from '../host/limit'
import { connect } from '../host/pool'
import type { Saved } from '../parts/firewall'
import type { Snapshot } from '../parts/snapshot'
import { scripts } from '../remote/texts'
import { readAdmission, readConnection } from './admission'
import { effectiveFrom, readDropIns, trustsDropIns } from './effective'
import { readHealth } from './health'
import { readHistories } from './history'
import { readNft } from './nft'
import { parseRecords } from './records'
import { linesOf, longestWait, type Requests } from './requests'
import { readServices, readSupervisor } from './services'
import { readFolder, readSocket } from './socket-seen'
import { readTraffic } from './traffic'

/** The host as it is now. Throws a Fault when it cannot be read. */
export async function readHost(host: Host, requests: Requests): Promise<Snapshot> {
  const reach = await connect(host)
  const ask = async (what: Requests): Promise<Ran> => {
    const text = `${[...linesOf(what, reach.loginKeys), 'end'].join('\n')}\n`
    const ran = await reach.run(
      what.traffic || what.health ? scripts.status : scripts.look,
      [],
      text,
      limitOf(text) + longestWait(what),
    )
    if (ran.code === 0 && isWholeLook(ran.stdout, what.onlyListeners)) return ran
    throw new Fault({
      code: 'look-failed',
      host: host.name,
      what: `cannot read what is on ${host.name}`,
      script: 'look',
      exitStatus: ran.code,
      stderr: ran.stderr,
    })
  }
  const began = Date.now()
  const first = (await ask(requests)).stdout
  const during = [began, Date.now()] as const
  const text = trustsDropIns(parseRecords(first)) ? first : (await ask({ ...requests, eachSshd: true })).stdout
  const seen = {
    ...parseSnapshot(text, reach.hostKey),
    health: requests.health ? readHealth(parseRecords(first), during) : null,
  }
  // Nobody logs in to this machine: a connection that our environment tells of is some former one's.
  return host.local ? { ...seen, admission: null, connection: null } : seen
}

/** What remote/look.sh prints of every host. */
const always = ['machine', 'addresses', 'accounts', 'nft', 'filterunknown', 'listeners'] as const

/** A file that changed while it was read spoils what stands behind it. What is missing must not look like a host that has none of it. */
export function isWholeLook(text: string, onlyListeners = false): boolean {
  const { all, ended, consistent } = parseRecords(text)
  return (
    ended && consistent && (onlyListeners ? (['listeners'] as const) : always).every(kind => all(kind).length === 1)
  )
}

/**
 * Reads the records of remote/look.sh, also where a batch has printed them. `hostKey` is the key that the connection verified; it counts
 * before those on disk. Null where nobody has looked.
 */
export function parseSnapshot(text: string, hostKey: string | null = null): Snapshot {
  const records = parseRecords(text)
  const { one, all, files } = records
  const nft = readNft(
    one('nft'),
    one('nftchains'),
    all('nftset').map(({ value }) => value),
    all('iptables').flatMap(({ name, value }) => readSaved(name, value)),
    one('dormant').split('\n').filter(Boolean),
  )
  const unknownBecause =
    one('filterunknown').trim() || (nft === null && one('nft').trim() !== '' ? 'what nft prints is no JSON' : '')
  const effective = Object.fromEntries(all('effective').map(({ name, value }) => [name, effectiveFrom(value)]))
  const sshdError = one('sshderror').trim() || null
  return {
    machine: one('machine').trim() || null,
    files: Object.fromEntries(files),
    accounts: Object.fromEntries(one('accounts').split('\n').flatMap(readAccount)),
    keys: records.keys,
    rotations: records.rotations,
    hostKeys: [
      ...new Set([
        ...(hostKey ? [hostKey] : []),
        ...all('hostkey')
          .map(({ value }) => twoWords(value))
          .filter(isPublicKey),
      ]),
    ],
    sshdError,
    sshdMain: one('sshdmain').trim() || '/etc/ssh/sshd_config',
    sshdBehindSocket: all('sshdsocket').length > 0,
    sshdIncludes: all('noinclude').length === 0,
    sshd: all('plainsshd').length > 0 && sshdError === null ? { ...readDropIns(files), ...effective } : effective,
    sshdSays: linesIn(one('sshdsays')),
    sshdLines: Object.fromEntries(all('sshdline').map(({ name, value }) => [name, linesIn(value)])),
    sshdRefused: Object.fromEntries(all('sshdrefused').map(({ name, value }) => [name, value.trim()])),
    sshdVersion: one('sshdversion').trim() || null,
    admission: readAdmission(records),
    connection: readConnection(one('connection')),
    groups: Object.fromEntries(
      all('groups').map(({ name, value }) => [name, value.split(' ').map(group => group.trim())]),
    ),
    unread: one('unread').split('\n').filter(Boolean),
    sessions: one('outlived')
      .split('\n')
      .filter(line => line.startsWith('tun-')),
    outlived: one('outlived')
      .split('\n')
      .filter(line => line.startsWith('/')),
    nologin: one('nologin').split('\n').filter(Boolean)[0] ?? null,
    nft,
    rulesRefused: Object.fromEntries(all('rulesrefused').map(({ name, value }) => [name, value.trim()])),
    notMade: one('notmade').split('\n').filter(Boolean),
    atBoot: Object.fromEntries(one('atboot').split('\n').filter(Boolean).map(readLoader)),
    filter: unknownBecause ? 'unknown' : 'known',
    filterReason: unknownBecause || null,
    units: readUnits(one('units')),
    user: one('user').trim() || null,
    lingering: (['on', 'may'] as const).find(how => how === one('lingering').trim()) ?? 'no',
    supervisor: readSupervisor(one('supervisor')),
    services: readServices(one('services')),
    wantedUnits: one('wanted').split('\n').filter(Boolean),
    listeners: one('listeners').split('\n').flatMap(readListener),
    sockets: one('sockets').split('\n').flatMap(readSocket),
    socketFolders: Object.fromEntries(one('socketfolders').split('\n').flatMap(readFolder)),
    addresses: one('addresses').split('\n').flatMap(readAddress),
    interfaces: [
      ...new Set(
        one('addresses')
          .split('\n')
          .flatMap(line => /^\d+: (\S+) +inet6? /.exec(line)?.[1] ?? []),
      ),
    ].filter(name => name !== 'lo'),
    left: one('left').split('\n').filter(Boolean),
    othersLeft: one('othersleft').split('\n').filter(Boolean),
    missing: all('missing').map(({ name }) => name),
    journals: Object.fromEntries(all('journal').map(({ name, value }) => [name, lastWords(value)])),
    histories: readHistories(one('histories'), Date.now()),
    traffic: readTraffic(records),
    health: null,
  }
}

const linesIn = (text: string) => text.split('\n').filter(Boolean)

/** "ssh-ed25519 AAAA..." without a comment. */
const twoWords = (line: string) => line.trim().split(/\s+/).slice(0, 2).join(' ')

/** ssh comes back again and again, with the same words. */
const lastWords = (text: string) => [...new Set(text.trim().split('\n'))].join('\n')

/** A line of passwd(5). Without a number it would be root's. */
function readAccount(line: string): [string, Snapshot['accounts'][string]][] {
  const [name = '', , uid = '', , comment = '', , shell = ''] = line.split(':')
  return /^\d+$/.test(uid) ? [[name, { shell, comment, uid: Number(uid) }]] : []
}

/** NAME and files, divided by blanks. */
function readLoader(line: string): [string, readonly string[]] {
  const [name = '', ...files] = line.split(' ')
  return [name, files]
}

/** `systemctl show` of several units: blocks of NAME=VALUE divided by empty lines. */
function readUnits(text: string): Snapshot['units'] {
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

/** A line of `ip -o addr show`. */
export function readAddress(line: string): string[] {
  const [, device = '', address] = /^\d+: (\S+) +inet6? ([^/ ]+)/.exec(line) ?? []
  return address === undefined ? [] : [withZone(address, device)]
}

/** ADDRESS%INTERFACE, as ssh names it, of one that is link-local. */
const withZone = (address: string, device: string | undefined): string =>
  device && isLinkLocal(address) ? `${address}%${device}` : address

/** A line of `ss -Hltnpe`: state, two queues, local, peer, users:(("sshd",pid=812,fd=3)), uid:N unless root, and more. */
export function readListener(line: string): Snapshot['listeners'][number][] {
  const [, , , local = '', , ...more] = line.trim().split(/\s+/)
  const colon = local.lastIndexOf(':')
  if (!/:\d+$/.test(local)) return []
  const program = /\("([^"]*)",pid=(\d+)/.exec(more.join(' '))
  // [fe80::1]%eth0, and in older versions fe80::1%eth0.
  const [address = '', device] = local.slice(0, colon).replace(/[[\]]/g, '').split('%')
  return [
    {
      address: withZone(address, device),
      port: Number(local.slice(colon + 1)),
      program: program?.[1] ?? '',
      pid: program?.[2] === undefined ? null : Number(program[2]),
      uid: Number(/ uid:(\d+)/.exec(line)?.[1] ?? 0),
    },
  ]
}

/** The name is the backend and the family. */
function readSaved(name: string, text: string): Saved[] {
  const [backend, family] = name.split(' ')
  if ((backend !== 'nft' && backend !== 'legacy') || (family !== 'ip' && family !== 'ip6')) return []
  return [{ backend, family, text }]
}
