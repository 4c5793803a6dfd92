// What would go wrong, seen in the snapshots before anything is touched.
import { familyOf, isLoopback, isWildcard, sameHost } from '../../schemas/endpoint'
import { Fault } from '../fault'
import { parts } from '../parts'
import { unenforced } from '../parts/firewall'
import { type Listener, type Snapshot, unknown } from '../parts/part'
import { readRuleset } from '../parts/ruleset'
import { includesDropIns } from '../parts/sshd'
import type { Derived, Placed } from '../wish/placed'
import { findOtherOwner, stranger } from './ownership'

/** Throws the first Fault that a look at the hosts foretells. */
export function lookAhead(derived: Derived, snapshotOf: (host: Placed['host']) => Snapshot): void {
  for (const placed of derived.placed) {
    const on = snapshotOf(placed.host)
    const host = placed.host.name
    // Who only runs the client needs no sshd.
    const missing = on.missing.filter(program => program !== 'sshd' || placed.kind === 'sshd')
    if (missing.length > 0) {
      throw new Fault({
        code: 'missing-program',
        host,
        what: `${host} lacks ${missing.join(', ')}`,
        cure: `install them on ${host}`,
      })
    }
    if (placed.kind === 'account') refuseForeign(placed, on)
    else refuseOthers(placed, findOtherOwner(derived, placed, snapshotOf))
    if (placed.kind === 'sshd') refuseBrokenSshd(placed, on)
    if (placed.kind === 'key' && placed.want?.hostKey === unknown) {
      throw new Fault({
        code: 'no-host-key',
        host,
        what: `the server's own host key could not be read, so ${host} could not check whom it talks to`,
        cure: 'see that sshd runs there and has host keys (ssh-keygen -A)',
      })
    }
    if (placed.kind === 'firewall' && placed.want) {
      refuseUnknownFilter(placed, on)
      refuseUnenforced(placed, on)
      refuseOtherManagers(placed, on)
    }
  }
  refuseOneMachine(derived, snapshotOf)
  refuseTakenPort(derived, snapshotOf)
}

/** Two names or logins for one machine: two batches would run there at once, and each would make the account. */
function refuseOneMachine({ placed }: Derived, snapshotOf: (host: Placed['host']) => Snapshot): void {
  const hosts = [...new Set(placed.map(({ host }) => host))]
  const [first] = hosts
  const other = hosts.find(
    host => first && snapshotOf(host) !== snapshotOf(first) && isSame(snapshotOf(host), snapshotOf(first)),
  )
  if (!first || !other) return
  throw new Fault({
    code: 'one-machine',
    host: other.name,
    what: `${first.name} and ${other.name} are one machine`,
    happened: 'they have the same host keys and the same addresses',
    cure: 'declare it as one host, with one login, and name that on both sides',
  })
}

const isSame = (a: Snapshot, b: Snapshot): boolean => {
  const outer = ({ addresses }: Snapshot) =>
    addresses
      .filter(address => !isLoopback(address))
      .sort()
      .join()
  const keys = ({ hostKeys }: Snapshot) => [...hostKeys].sort().join()
  return outer(a) !== '' && outer(a) === outer(b) && keys(a) !== '' && keys(a) === keys(b)
}

function refuseForeign(placed: Extract<Placed, { kind: 'account' }>, on: Snapshot): void {
  const have = parts.account.observe(on, placed.at)
  if (!have || have.owner === placed.want?.owner) return
  const host = placed.host.name
  throw new Fault({
    code: 'name-taken',
    host,
    what: `${host} already has an account ${have.name}, and it is not ours`,
    happened: have.owner
      ? `it belongs to the same tunnel name of owner ${have.owner}`
      : 'it was not made by cdktf-ssh-tunnels',
    cure: 'give the tunnel another name, or set owner if it is the same tunnel',
  })
}

/** A file that another owner's first line marks, for example the one drop-in of a middle's own settings. */
function refuseOthers({ host: { name: host } }: Placed, owner: string | undefined): void {
  if (owner === undefined) return
  throw new Fault({
    code: 'name-taken',
    host,
    what: `${host} is already set up by somebody else`,
    happened:
      owner === stranger
        ? 'a file that we would write is there already, and it is not ours'
        : `what we would write there belongs to owner ${owner}`,
    cure:
      owner === stranger
        ? 'give the tunnel another name, or move that file away'
        : 'leave that to one of the two, or set owner if they are the same',
  })
}

function refuseBrokenSshd({ host: { name: host } }: Placed, on: Snapshot): void {
  if (on.sshdError !== null) {
    throw new Fault({
      code: 'sshd-config-invalid',
      host,
      what: `the sshd configuration of ${host} does not validate, so nothing was changed`,
      happened: `sshd -t says:\n${on.sshdError}`,
      cure: `mend that on ${host} first`,
    })
  }
  if (!includesDropIns(on)) {
    throw new Fault({
      code: 'sshd-no-include',
      host,
      what: `sshd on ${host} does not read /etc/ssh/sshd_config.d`,
      cure: 'put "Include /etc/ssh/sshd_config.d/*.conf" at the top of /etc/ssh/sshd_config',
    })
  }
}

function refuseUnknownFilter({ host: { name: host } }: Placed, on: Snapshot): void {
  if (on.filter === 'known') return
  throw new Fault({
    code: 'firewall-unknown',
    host,
    what: `what the firewall of ${host} lets in cannot be told`,
    happened: on.filterReason ?? undefined,
    cure: 'use nftables there, with the nft program, or listen on a loopback address',
  })
}

/** An accepting rule keeps nobody out where nothing closes ports. */
function refuseUnenforced(placed: Extract<Placed, { kind: 'firewall' }>, on: Snapshot): void {
  const [ask] = unenforced(on, placed.at.asks)
  if (!ask) return
  const host = placed.host.name
  throw new Fault({
    code: 'allow-from-unenforced',
    host,
    what: `${host} has no firewall that would keep others than ${ask.from?.join(', ')} from port ${ask.port}`,
    happened: 'no nftables input chain there drops or rejects what no rule accepts',
    cure: `give ${host} an input chain with policy drop, or leave allowFrom out: then everybody is let in`,
  })
}

function refuseOtherManagers({ host: { name: host } }: Placed, on: Snapshot): void {
  if (readRuleset(on.nft).closing.length === 0) return
  if (on.firewallManager !== 'nftables') {
    throw new Fault({
      code: 'firewall-manager',
      host,
      what: `the firewall of ${host} is managed by ${on.firewallManager}, which this version does not change`,
      cure: 'listen on a loopback address, or use plain nftables there',
    })
  }
  if (!on.files['/etc/nftables.conf']) {
    throw new Fault({
      code: 'firewall-not-kept',
      host,
      what: `${host} closes ports with nftables but has no /etc/nftables.conf, so an opening would not survive a reboot`,
      cure: 'keep the rules of that host in /etc/nftables.conf',
    })
  }
}

function refuseTakenPort(derived: Derived, snapshotOf: (host: Placed['host']) => Snapshot): void {
  const { listening } = derived
  if (!listening) return
  const on = snapshotOf(listening.on)
  const host = listening.on.name
  const { address, port } = listening
  const local = address === 'localhost' ? '127.0.0.1' : address
  if (
    !isWildcard(local) &&
    !isLoopback(local) &&
    on.addresses.length > 0 &&
    !on.addresses.some(own => sameHost(own, local))
  ) {
    throw new Fault({
      code: 'no-such-address',
      host,
      what: `${host} has no address ${address} to listen on`,
      happened: `its addresses: ${on.addresses.join(', ')}`,
      cure: 'listen on one of those, or on *',
    })
  }
  const unit = derived.placed.find(placed => placed.kind === 'service')
  const ours =
    unit?.kind === 'service' ? snapshotOf(unit.host).files[`/etc/systemd/system/${unit.at.unit}`]?.text : undefined
  // Our own listener of an earlier deploy may stand there.
  if (ours && listenPort.exec(ours)?.[1] === String(port)) return
  const taken = on.listeners.find(listener => listener.port === port && overlaps(listener, local))
  if (!taken) return
  // Another tunnel of the same owner is about to leave the port: Terraform removes the old while it makes the new.
  if (ownerOfListener(taken, on) === ownerOf(derived)) return
  const who = taken.program ? `${taken.program} (pid ${taken.pid})` : 'another program'
  throw new Fault({
    code: 'port-taken',
    host,
    what: `port ${port} on ${host} is taken`,
    happened: `${who} listens on ${taken.address}:${port}`,
    cure: `choose another port for listen, or stop what listens there${taken.pid === null ? '' : ` (systemctl status ${taken.pid} on ${host} names it)`}`,
  })
}

/** Whose tunnel listens: the account that listens carries the mark. */
const ownerOfListener = ({ uid }: Listener, on: Snapshot): string | undefined => {
  const name = Object.keys(on.accounts).find(account => on.accounts[account]?.uid === uid)
  return name === undefined ? undefined : parts.account.observe(on, { name, owner: '' })?.owner || undefined
}

const ownerOf = ({ placed }: Derived): string | undefined =>
  placed.flatMap(one => (one.kind === 'account' ? [one.at.owner] : []))[0]

/** The port of `-L ADDRESS:PORT:...` or `-R ADDRESS:PORT:...` in our unit file. */
const listenPort = /^\s*-[LR] (?:\[[^\]]*\]|[^:\s]*):(\d+):/m

/** 0.0.0.0 leaves IPv6 free; `::` may stand for both families, as `*` does. */
const overlaps = (listener: Listener, address: string): boolean =>
  sameHost(listener.address, address) ||
  isWildcard(address) ||
  (isWildcard(listener.address) && !(listener.address === '0.0.0.0' && familyOf(address) === 6))
