// A tiny host that does what the verbs of remote/ do, on a snapshot instead of files: enough for a plan to meet its own result.

import { type Step, sha256 } from '../../engine/parts/part'
import { initScript, ownScript, unitOf } from '../../engine/parts/paths'
import type { HostFile, Scripted, Snapshot } from '../../engine/parts/snapshot'
import { ownFolderOf, socketFolderOf } from '../../schemas/socket-folder'
import { isProgram, modeOf } from './cases'

type Json = { readonly [key: string]: unknown }
type Ruleset = { nftables: Json[] }

const fenceUnit = 'ssh-tunnels-fence.service'
const nftablesConf = '/etc/nftables.conf'
const include = 'include "/etc/ssh-tunnels/*/firewall.nft" # ssh-tunnels\n'

const scriptOf = (supervisor: string, tunnel: string) =>
  supervisor === 'pidfile' ? ownScript(unitOf(tunnel)) : initScript(unitOf(tunnel))

function scripted(on: Snapshot, tunnel: string, change: Partial<Scripted>): Snapshot {
  const before: Scripted = on.services[unitOf(tunnel)] ?? { state: 'inactive', pid: 0, restarts: 0, startedBy: '' }
  return { ...on, services: { ...on.services, [unitOf(tunnel)]: { ...before, ...change } } }
}

const broughtFirst = 'Include /etc/ssh/sshd_config.d/10-ssh-tunnels*.conf\n'

/** Our line goes with the last drop-in. */
function withoutInclude(on: Snapshot): Snapshot {
  const main = on.files[on.sshdMain]
  if (!main?.text.startsWith(broughtFirst) || Object.keys(on.files).some(path => /\/10-ssh-tunnels/.test(path)))
    return on
  return { ...on, files: { ...on.files, [on.sshdMain]: { ...main, text: main.text.slice(broughtFirst.length) } } }
}

/** The host after the steps; `effective` is what its sshd makes of a drop-in, which no fake can know. */
export function runOn(before: Snapshot, steps: readonly Step[], effective: Snapshot['sshd'][string]): Snapshot {
  return steps.reduce((on, step) => runStep(on, step, effective), before)
}

/** The host after one step. */
export function runStep(
  on: Snapshot,
  { verb, args, content = '' }: Step,
  effective: Snapshot['sshd'][string],
): Snapshot {
  const [first = '', second = '', third = ''] = args
  const put = (path: string, text: string) => ({
    ...on,
    files: {
      ...on.files,
      [path]: isProgram(path) ? { ...file(''), sha256: sha256(text) } : { ...file(text), mode: modeOf(path) },
    },
  })
  switch (verb) {
    case 'account_add':
    case 'account_set':
      return { ...on, accounts: { ...on.accounts, [first]: { shell: second, comment: third, uid: uidOf(on, first) } } }
    case 'account_remove':
      return { ...on, accounts: without(on.accounts, first) }
    case 'key_copy':
    case 'key_make':
      return withKey(on, first, third, `ssh-ed25519 AAAA${first.endsWith('.next') ? 'next' : 'pub'}`)
    case 'key_take':
      return withKey(
        { ...on, keys: without(on.keys, first), rotations: without(on.rotations, first) },
        second,
        `tun- ${on.rotations[first] ?? ''}`,
        on.keys[first] ?? '',
      )
    case 'file_put':
      return put(first, content)
    case 'port_choose': {
      const kept = on.files[first]?.text ?? ''
      const used = Object.values(on.files).flatMap(({ text }) => [
        ...text.matchAll(/^(\d+) (?:local|remote|dynamic) /gm),
      ])
      const taken = third.split(' ').slice(3)
      const free = [20_000, 20_001, 20_002, 20_003, 20_004].filter(one => !taken.includes(String(one)))
      const port = free[used.length]
      return put(first, `${kept}${port} ${third.split(' ').slice(0, 3).join(' ')}\n`)
    }
    case 'files_remove':
      return {
        ...on,
        files: without(on.files, first, second),
        keys: without(on.keys, first, second),
        rotations: without(on.rotations, first, second),
      }
    case 'sshd_put':
      return { ...put(first, content), sshd: { ...on.sshd, 'tun-web': effective } }
    case 'sshd_include':
      return put(first, `${broughtFirst}${on.files[first]?.text ?? ''}`)
    case 'sshd_remove':
      return withoutInclude({ ...on, files: without(on.files, first) })
    case 'unit_put':
      return unitPut(put(first, content), first.replace(/^.*\//, ''))
    case 'unit_alter':
      return put(first, content)
    case 'unit_continue':
      return unit(on, first, { ActiveState: 'active' })
    case 'since_note':
    case 'since_keep':
      return on
    case 'manager_skip': {
      const path = `/etc/systemd/system/user@${on.accounts[first]?.uid}.service.d/ssh-tunnels-${second}.conf`
      return { ...on, files: { ...withoutManagerOf(on, second), [path]: file(content) } }
    }
    case 'manager_unskip':
      return { ...on, files: withoutManagerOf(on, first) }
    case 'linger_on':
      return { ...on, lingering: 'on' }
    case 'unit_enable':
      return {
        ...unit(on, first, { UnitFileState: 'enabled' }),
        wantedUnits: [...new Set([...on.wantedUnits, first])],
      }
    case 'unit_yield':
      return on
    case 'unit_leave':
      return first in on.units ? unit(on, first, { ActiveState: 'inactive' }) : on
    case 'unit_start':
      return unit(on, first, { ActiveState: 'active' })
    case 'unit_disable':
      return {
        ...unit(on, first, { ActiveState: 'inactive', UnitFileState: 'disabled' }),
        wantedUnits: on.wantedUnits.filter(name => name !== first),
      }
    case 'unit_remove':
      return {
        ...on,
        units: without(on.units, first),
        files: without(without(on.files, `/etc/systemd/system/${first}`), `~/.config/systemd/user/${first}`),
        wantedUnits: on.wantedUnits.filter(name => name !== first),
      }
    case 'service_put':
      return { ...put(scriptOf(first, second), content), services: without(on.services, unitOf(second)) }
    case 'service_enable':
      return scripted(on, second, { startedBy: first })
    case 'service_start':
      return scripted(on, second, { state: 'active', pid: 7 })
    case 'service_disable':
      return scripted(on, second, { state: 'inactive', pid: 0, startedBy: '' })
    case 'service_remove':
      return {
        ...on,
        files: without(on.files, scriptOf(first, second)),
        services: without(on.services, unitOf(second)),
      }
    case 'firewall_open':
      return { ...on, nft: insert(on.nft as Ruleset, content) }
    case 'firewall_close':
      return { ...on, nft: close(on.nft as Ruleset, first) }
    case 'firewall_keep':
      return includeKept(put(first, content))
    case 'firewall_forget':
      return forgetKept({ ...on, files: without(on.files, first) })
    case 'fence_open':
      return { ...on, nft: insert((on.nft ?? { nftables: [] }) as Ruleset, content) }
    case 'fence_close':
      return { ...on, nft: insert((on.nft ?? { nftables: [] }) as Ruleset, `delete table inet ${first}`) }
    case 'fence_keep':
      return { ...put(first, content), wantedUnits: [...new Set([...on.wantedUnits, fenceUnit])] }
    case 'fence_forget':
      return { ...on, files: without(on.files, first), wantedUnits: on.wantedUnits.filter(unit => unit !== fenceUnit) }
    case 'sockets_put': {
      const folders = content.split('\n').flatMap(path => ownFolderOf(path) ?? [])
      const made = folders.map(folder => [folder, { mode: '755', owner: `${second}:${second}` }] as const)
      const others = socketFoldersWithout(on, first, second)
      return { ...put(first, content), socketFolders: { ...others, ...Object.fromEntries(made) } }
    }
    case 'sockets_remove':
      return { ...on, files: without(on.files, first), socketFolders: socketFoldersWithout(on, first, second) }
    case 'history_remove':
      return { ...on, histories: without(on.histories, first) }
    case 'sessions_end':
      return on
    default:
      throw new Error(`the fake host has no verb ${verb}`)
  }
}

/** Each account has its own, as ss tells listeners by it. */
function uidOf({ accounts }: Snapshot, name: string): number {
  const taken = Object.values(accounts).map(({ uid }) => uid)
  let free = 998
  while (taken.includes(free)) free--
  return accounts[name]?.uid ?? free
}

/** What runs under an old text is stopped. */
const unitPut = (on: Snapshot, name: string): Snapshot =>
  unit(on, name, { NeedDaemonReload: 'no', ...(on.units[name] ? { ActiveState: 'inactive' } : {}) })

/** nftables.conf with our line, which stands there once. */
function includeKept(on: Snapshot): Snapshot {
  const text = on.files[nftablesConf]?.text ?? ''
  const end = text === '' || text.endsWith('\n') ? '' : '\n'
  return `\n${text}`.includes(`\n${include}`)
    ? on
    : { ...on, files: { ...on.files, [nftablesConf]: file(text + end + include) } }
}

/** Our line goes with the last kept file. */
function forgetKept(on: Snapshot): Snapshot {
  const conf = on.files[nftablesConf]
  const isKept = (path: string) => /^\/etc\/ssh-tunnels\/.*\/firewall\.nft$/.test(path)
  if (!conf || Object.keys(on.files).some(isKept)) return on
  return { ...on, files: { ...on.files, [nftablesConf]: { ...conf, text: conf.text.replace(include, '') } } }
}

/** COMMENT is the account, and what the key was made for. */
export function withKey(on: Snapshot, path: string, comment: string, publicKey: string): Snapshot {
  const rotation = comment.split(' ').slice(1).join(' ')
  const others = without(on.rotations, path)
  return {
    ...on,
    keys: { ...on.keys, [path]: publicKey },
    rotations: rotation ? { ...others, [path]: rotation } : others,
  }
}

const withoutManagerOf = ({ files }: Snapshot, tunnel: string) =>
  Object.fromEntries(
    Object.entries(files).filter(
      ([path]) => !(path.includes('/user@') && path.endsWith(`.service.d/ssh-tunnels-${tunnel}.conf`)),
    ),
  )
const file = (text: string): HostFile => ({ mode: '644', owner: 'root:root', text })
const without = <Value>(from: Readonly<Record<string, Value>>, ...keys: string[]): Record<string, Value> =>
  Object.fromEntries(Object.entries(from).filter(([key]) => !keys.includes(key)))
const unit = (on: Snapshot, name: string, properties: Record<string, string>): Snapshot => ({
  ...on,
  units: { ...on.units, [name]: { Id: name, ...on.units[name], ...properties } },
})

const close = ({ nftables }: Ruleset, tag: string): Ruleset => ({
  nftables: nftables.filter(
    item => (item.rule as Json | undefined)?.comment !== tag || String(tableOf(item)).startsWith('ssh_tunnels_'),
  ),
})

const linePattern =
  /^(insert|add) rule (\S+) (\S+) (\S+)(?: iifname "(\S+)")?(?: ip6? daddr (\S+))?(?: ip6? saddr (\S+))? tcp dport (\d+) (accept|drop) comment "([^"]*)"$/

/** As nft reads such lines; what it does not read, it refuses whole. */
const insert = (ruleset: Ruleset, text: string): Ruleset => text.split('\n').reduce(readLine, ruleset)

function readLine({ nftables }: Ruleset, line: string): Ruleset {
  const [, verb, family = '', table, chain, , , , , , comment] = linePattern.exec(line) ?? []
  if (verb === 'insert')
    return { nftables: [{ rule: { family, table, chain, comment, expr: exprOf(line) } }, ...nftables] }
  if (verb === 'add')
    return { nftables: [...nftables, { rule: { family, table, chain, comment, expr: exprOf(line) } }] }
  const [, fence] = /^delete table inet (\S+)$/.exec(line) ?? []
  if (fence) return { nftables: nftables.filter(item => tableOf(item) !== fence) }
  const [, made] = /^add chain inet (\S+) input \{/.exec(line) ?? []
  if (made) {
    const base = {
      family: 'inet',
      table: made,
      name: 'input',
      type: 'filter',
      hook: 'input',
      prio: -5,
      policy: 'accept',
    }
    return { nftables: [...nftables, { chain: base }] }
  }
  const [, local] = /^add rule inet (\S+) input iif "lo" accept$/.exec(line) ?? []
  if (local) {
    const iif = { match: { op: '==', left: { meta: { key: 'iif' } }, right: 'lo' } }
    return {
      nftables: [
        ...nftables,
        { rule: { family: 'inet', table: local, chain: 'input', expr: [iif, { accept: null }] } },
      ],
    }
  }
  const [, open] = /^add rule inet (\S+) input ct state established accept$/.exec(line) ?? []
  if (open) {
    const state = { match: { op: 'in', left: { ct: { key: 'state' } }, right: 'established' } }
    return {
      nftables: [
        ...nftables,
        { rule: { family: 'inet', table: open, chain: 'input', expr: [state, { accept: null }] } },
      ],
    }
  }
  // `add table` and `add chain` change nothing where they are.
  if (line !== '' && !/^add (table|chain) /.test(line)) throw new Error(`nft would not load: ${line}`)
  return { nftables }
}

const tableOf = ({ chain, rule }: Json) => ((chain ?? rule) as Json | undefined)?.table

function exprOf(line: string): Json[] {
  const [, , , , , device, daddr, saddr, port, verdict = ''] = linePattern.exec(line) ?? []
  const match = (field: string, protocol: string, right: unknown) => ({
    match: { op: '==', left: { payload: { protocol, field } }, right },
  })
  const network = (address: string) => {
    const [addr, length] = address.split('/')
    return length === undefined ? addr : { prefix: { addr, len: Number(length) } }
  }
  const version = (address: string) => (address.includes(':') ? 'ip6' : 'ip')
  return [
    ...(device ? [{ match: { op: '==', left: { meta: { key: 'iifname' } }, right: device } }] : []),
    ...(daddr ? [match('daddr', version(daddr), network(daddr))] : []),
    ...(saddr ? [match('saddr', version(saddr), network(saddr))] : []),
    match('dport', 'tcp', Number(port)),
    { [verdict]: null },
  ]
}

/** Without those that the list names, and the one of its tunnel's own name; another tunnel's account keeps its own. */
function socketFoldersWithout(on: Snapshot, list: string, account: string): Snapshot['socketFolders'] {
  const listed = (on.files[list]?.text ?? '').split('\n').flatMap(path => ownFolderOf(path) ?? [])
  const ours = [...listed, socketFolderOf(list.split('/').at(-2) ?? '')]
  const isOthers = (owner: string) => owner.startsWith('tun-') && owner !== `${account}:${account}`
  return Object.fromEntries(
    Object.entries(on.socketFolders).filter(([path, { owner }]) => !ours.includes(path) || isOthers(owner)),
  )
}
