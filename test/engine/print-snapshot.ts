// A made-up host's snapshot as remote/look.sh would print it: the records of what is asked for.
import type { Snapshot } from '../../engine/parts/snapshot'

export interface Asked {
  readonly names: readonly string[] | 'whole'
  readonly journals: readonly string[]
  readonly eachSshd: boolean
}

export interface Sshd {
  /** Keywords that sshd has otherwise than our drop-in says, for every tunnel's account. */
  readonly overrules: Readonly<Record<string, string>>
  /** Whether look.sh would say that no Match block but ours can say anything. */
  readonly plain: boolean
}

const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64')
export const record = (kind: string, key: string, value: string) => `${kind}\x1f${key}\x1f${base64(value)}\n`
const dropIn = (name: string) => `/etc/ssh/sshd_config.d/10-ssh-tunnels${name === '_host' ? '' : `-${name}`}.conf`

/** Of a text of sshd_config(5) the keywords that look.sh asks for, as `sshd -T` prints them. */
function keywordsOf(text: string): Record<string, string> {
  const lines = text.split('\n').map(line => line.trim().split(' '))
  const asked =
    /^(allowtcpforwarding|gatewayports|permit(open|listen|tunnel)|clientalive[a-z]+|max(startups|sessions)|authorizedkeysfile|allowstreamlocalforwarding)$/
  const pairs = lines.map(([keyword = '', ...rest]) => [keyword.toLowerCase(), rest.join(' ')] as const)
  return Object.fromEntries(pairs.filter(([keyword]) => asked.test(keyword)))
}

const defaults = { allowtcpforwarding: 'yes', gatewayports: 'no', permitopen: 'any', maxstartups: '10:30:100' }
const effectiveText = (values: Readonly<Record<string, string>>) =>
  Object.entries(values)
    .map(([keyword, value]) => `${keyword} ${value}\n`)
    .join('')

function namesOf(on: Snapshot): string[] {
  const paths = [...Object.keys(on.files), ...Object.keys(on.keys)]
  const found = [
    ...Object.keys(on.accounts).map(account => /^tun-(.*)$/.exec(account)?.[1]),
    ...paths.map(path => /^\/etc\/ssh-tunnels\/([^/]+)\//.exec(path)?.[1]),
    ...paths.map(path => /\/10-ssh-tunnels-(.*)\.conf$/.exec(path)?.[1]),
    ...[...paths, ...Object.keys(on.units)].map(path => /(?:^|\/)tunnel-(.*)\.service$/.exec(path)?.[1]),
  ]
  return [...new Set(['_host', ...found.flatMap(name => name ?? [])])].sort()
}

const watchUnits = (name: string) => [`ssh-tunnels-watch-${name}.service`, `ssh-tunnels-watch-${name}.timer`]

function filesOf(on: Snapshot, names: readonly string[]): string {
  const own = names.flatMap(name => [
    ...['known_hosts', 'authorized_keys', 'ports', 'firewall.nft'].map(file => `/etc/ssh-tunnels/${name}/${file}`),
    dropIn(name),
    `/etc/systemd/system/tunnel-${name}.service`,
    ...watchUnits(name).map(unit => `/etc/systemd/system/${unit}`),
    `/etc/ssh-tunnels/${name}/prove.sh`,
  ])
  const foreign = Object.keys(on.files).filter(
    path =>
      (path.startsWith('/etc/ssh/sshd_config') && !path.includes('/10-ssh-tunnels-')) ||
      path.startsWith('/etc/systemd/system/user@') ||
      path === '/etc/nftables.conf',
  )
  const files = [...new Set([...foreign, ...own])].flatMap(path => {
    const file = on.files[path]
    return file ? [{ path, ...file }] : []
  })
  const keys = names
    .flatMap(name => ['key', 'key.next'].map(file => ({ name, path: `/etc/ssh-tunnels/${name}/${file}` })))
    .filter(({ path }) => path in on.keys)
  const list = [
    ...files.map(({ path, mode, owner, text }) => `${Buffer.byteLength(text)} ${mode} ${owner} ${path}\n`),
    ...keys.map(({ name, path }) => `411 640 root:tun-${name} ${path}\n`),
  ]
  const sums = files.flatMap(({ path, sha256 }) => (sha256 ? [`${sha256}  ${path}\n`] : []))
  const halves = keys.flatMap(({ name, path }) => {
    const [type, key = ''] = on.keys[path]?.split(' ') ?? []
    if (!type) return []
    const there = Buffer.concat([Buffer.from([0, 0, 0, 51]), Buffer.from(key, 'base64'), Buffer.from([0, 0])])
    return [`ed25519 ${path} ${base64(there)} tun-${name} ${on.rotations[path] ?? ''}\n`]
  })
  return (
    record('files', '', list.join('')) +
    record('contents', '', files.map(({ text }) => text).join('')) +
    (sums.length > 0 ? record('sums', '', sums.join('')) : '') +
    record('keys', '', halves.join(''))
  )
}

function sshdOf(on: Snapshot, names: readonly string[], { overrules, plain }: Sshd, eachSshd: boolean): string {
  const everybody = { ...defaults, ...on.sshd['*'], ...keywordsOf(on.files[dropIn('_host')]?.text ?? '') }
  const isPlain = plain && !eachSshd
  const there = names.filter(name => name !== '_host' && on.files[dropIn(name)])
  const of = (name: string) => ({ ...everybody, ...keywordsOf(on.files[dropIn(name)]?.text ?? ''), ...overrules })
  return [
    on.sshdError === null ? '' : record('sshderror', '', on.sshdError),
    record('unread', '', on.unread.map(path => `${path}\n`).join('')),
    record('outlived', '', [...on.sessions, ...on.outlived].map(path => `${path}\n`).join('')),
    record('nologin', '', on.nologin === null ? '' : `${on.nologin}\n`),
    record('effective', '*', effectiveText(everybody)),
    isPlain ? record('plainsshd', '', '\n') : '',
    // One stands for all.
    ...there.slice(0, isPlain ? 1 : undefined).map(name => record('effective', `tun-${name}`, effectiveText(of(name)))),
    ...on.hostKeys.map(key => record('hostkey', '/etc/ssh/ssh_host_key.pub', `${key} root@host\n`)),
  ].join('')
}

function unitsOf(on: Snapshot, names: readonly string[]): string {
  const units = names
    .filter(name => name !== '_host')
    .flatMap(name => [`tunnel-${name}.service`, ...watchUnits(name).filter(unit => unit in on.units)])
  const absent = { LoadState: 'not-found', ActiveState: 'inactive' }
  const blocks = units.map(unit =>
    Object.entries({ Id: unit, ...(on.units[unit] ?? absent) })
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  )
  const wanted = units.filter(unit => on.wantedUnits.includes(unit))
  return record('wanted', '', wanted.map(unit => `${unit}\n`).join('')) + record('units', '', blocks.join('\n'))
}

const listenerLine = ({ address, port, program, pid, uid }: Snapshot['listeners'][number]) =>
  `LISTEN 0 128 ${address}:${port} 0.0.0.0:* users:(("${program}",pid=${pid},fd=3)) uid:${uid} ino:1\n`

export function printSnapshot(on: Snapshot, { names: asked, journals, eachSshd }: Asked, sshd: Sshd): string {
  const names = asked === 'whole' ? namesOf(on) : asked
  const accounts = Object.entries(on.accounts).map(
    ([name, { shell, comment, uid }]) => `${name}:x:${uid}:${uid}:${comment}:/nonexistent:${shell}\n`,
  )
  return [
    record(
      'atboot',
      '',
      Object.entries(on.atBoot)
        .map(([name, files]) => `${[name, ...files].join(' ')}\n`)
        .join(''),
    ),
    ...on.missing.map(program => record('missing', program, '\n')),
    record('machine', '', `${on.machine}\n`),
    record('addresses', '', on.addresses.map(address => `2: eth0    inet ${address}/24 scope global\n`).join('')),
    record('accounts', '', accounts.join('')),
    record('left', '', on.left.map(path => `${path}\n`).join('')),
    record('othersleft', '', on.othersLeft.map(one => `${one}\n`).join('')),
    filesOf(on, names),
    sshdOf(on, names, sshd, eachSshd),
    record('nft', '', on.nft === null ? '' : JSON.stringify(on.nft)),
    record('filterunknown', '', on.filterReason ?? ''),
    unitsOf(on, names),
    record('listeners', '', on.listeners.map(listenerLine).join('')),
    ...journals.map(unit => record('journal', unit, on.journals[unit] ?? '')),
    record('end', '', '\n'),
  ].join('')
}
