// The firewall part against the real nft: what it writes is what it reads back, now, after a reload, and it goes without a trace.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { encode } from '../../engine/host/quote'
import { parseSnapshot } from '../../engine/look/snapshot'
import { describeAsk, type FirewallAt, firewall } from '../../engine/parts/firewall'
import type { Step } from '../../engine/parts/part'
import { base64, batch, inPrivateRoot, prepareRoot } from './private-root'

beforeAll(prepareRoot)

const folder = join(__dirname, '../cases/rulesets')
const jsonOf = (name: string): unknown => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))
const names = readdirSync(folder)
  .flatMap(file => (file.endsWith('.json') ? [file.replace('.json', '')] : []))
  .filter(name => !['firewalld', 'ufw', 'iptables'].includes(name))

/** As people write them: host bits set, upper case, zeros, every network there is. */
const at: FirewallAt = {
  tag: 'ssh-tunnels web me',
  owner: 'me',
  file: '/etc/ssh-tunnels/web/firewall.nft',
  asks: [
    { address: '203.0.113.20', port: 110, from: ['198.51.100.9/24', '10.0.0.0/8', '192.0.2.7/32', '0.0.0.0/0'] },
    {
      address: '2001:DB8:0:0::20',
      port: 111,
      from: ['2001:0db8:1::1/48', '2001:db8::5/128', '::ffff:192.0.2.1', '::/0'],
    },
    { address: null, port: 112, from: ['198.51.100.0/24', '2001:db8:1::/48'] },
    { address: null, port: 113, from: null },
  ],
}
const want = { manager: 'nftables', opens: at.asks.map(describeAsk), open: true, persistent: true }

const run = (steps: readonly Step[]) =>
  batch(
    ...steps.map(({ verb, args, content }) => [verb, ...args, ...(content === undefined ? [] : [encode(content)])]),
    ['firewall_commit'],
  )

test.each(names)('on %s the openings are made, survive a reload, and are gone after removal', name => {
  const text = readFileSync(join(folder, `${name}.nft`), 'utf8')
  // Rules with our tag are there now only: a reload brings back what is in nftables.conf.
  const conf = `flush ruleset\n${text.replace(new RegExp(`.*"${at.tag}"\n`, 'g'), '')}`
  const before = parseSnapshot(`nft\x1f\x1f${base64(JSON.stringify(jsonOf(name)))}\n`)
  const make = firewall.plan(want, firewall.observe(before, at), before, at)
  const ours: Step[] = [
    { why: '', phase: 'firewall', verb: 'firewall_close', args: [at.tag] },
    { why: '', phase: 'firewall', verb: 'fence_close', args: ['ssh_tunnels_web'] },
    { why: '', phase: 'firewall', verb: 'firewall_forget', args: [at.file] },
    { why: '', phase: 'firewall', verb: 'fence_forget', args: [at.file.replace('firewall', 'fence')] },
  ]
  const snapshot = 'echo --; look_all\n'
  const seen = inPrivateRoot(
    'dash',
    `printf %s '${base64(conf)}' | base64 -d >/etc/nftables.conf
    nft -f /etc/nftables.conf; nft list ruleset >/mnt/before; nft flush ruleset; nft -f - <<'END'
${text}
END
    ${run(make)}${snapshot}nft -f /etc/nftables.conf\n${snapshot}
    ${run(ours)}${snapshot}echo --; nft list ruleset >/mnt/after; diff /mnt/before /mnt/after && cmp /etc/nftables.conf - <<'END'\n${conf}END\n`,
  )
  const [ran, now, reloaded, removed, differs] = seen.stdout.split('--\n')
  expect(ran).toBe('exit 0\n')
  for (const output of [now, reloaded]) {
    const on = parseSnapshot(output ?? '')
    const have = firewall.observe(on, at)
    expect(have).toEqual(want)
    expect(firewall.plan(want, have, on, at)).toEqual([])
  }
  const gone = parseSnapshot(removed ?? '')
  expect(firewall.plan(null, firewall.observe(gone, at), gone, at)).toEqual([])
  expect(differs).toBe('')
})

test('what is kept does not keep nftables.conf from loading when its tables are renamed', () => {
  const conf = `flush ruleset\n${readFileSync(join(folder, 'policy-drop.nft'), 'utf8')}`
  const before = parseSnapshot(`nft\x1f\x1f${base64(JSON.stringify(jsonOf('policy-drop')))}\n`)
  const seen = inPrivateRoot(
    'dash',
    `printf %s '${base64(conf)}' | base64 -d >/etc/nftables.conf
    nft -f /etc/nftables.conf
    ${run(firewall.plan(want, null, before, at))}
    sed -i 's/^table inet filter/table inet renamed/' /etc/nftables.conf
    nft -f /etc/nftables.conf && nft list tables | grep -c renamed\n`,
  )
  expect(seen.stdout).toBe('exit 0\n1\n')
})
