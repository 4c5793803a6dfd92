// Rulesets that a host may have and no plan must harm: tables that sleep, chains that somebody else makes at boot, rules that let others in.
import { encode } from '../../engine/host/quote'
import { parseSnapshot } from '../../engine/look/snapshot'
import { describeAsk, type FirewallAt, firewall } from '../../engine/parts/firewall'
import { unenforced } from '../../engine/parts/firewall/judge'
import type { Step } from '../../engine/parts/part'
import { batch, inPrivateRoot, prepareRoot, write } from './private-root'

beforeAll(prepareRoot)

const conf = '/etc/nftables.conf'
const closed = (table: string, rules = '', flags = '') =>
  `table inet ${table} {\n${flags}\tchain input {\n\t\ttype filter hook input priority filter; policy drop;\n\t\ttcp dport 22 accept\n${rules}\t}\n}\n`
const address = 'ip address add 203.0.113.20/24 dev lo\n'
const look = 'echo --; look_all\n'

const at: FirewallAt = {
  tag: 'ssh-tunnels web me',
  owner: 'me',
  file: '/etc/ssh-tunnels/web/firewall.nft',
  asks: [{ address: '203.0.113.20', port: 110, from: null }],
}
const want = { manager: 'nftables', opens: at.asks.map(describeAsk), open: true, persistent: true }
const run = (steps: readonly Step[]) =>
  batch(
    ...steps.map(({ verb, args, content }) => [verb, ...args, ...(content === undefined ? [] : [encode(content)])]),
    ['firewall_commit'],
  )

test('a table that sleeps closes nothing, and sleeps on', () => {
  const host = `${address}${write(conf, `flush ruleset\n${closed('asleep', '', '\tflags dormant\n')}${closed('awake')}`)}nft -f ${conf}\n`
  const before = parseSnapshot(inPrivateRoot('dash', `${host}${look}`).stdout)
  const steps = firewall.plan(want, firewall.observe(before, at), before, at)
  expect(steps.map(({ content = '' }) => content).join('')).not.toContain('asleep')
  const seen = inPrivateRoot(
    'dash',
    `${host}${run(steps)}nft list table inet asleep | grep -c dormant; nft -f ${conf}\n${look}`,
  )
  expect(seen.stdout).toMatch(/^exit 0\n1\n/)
  const after = parseSnapshot(seen.stdout)
  expect(firewall.observe(after, at)).toEqual(want)
  expect(firewall.checks(want, after, at, 'middle')).toMatchObject([{ status: 'ok' }])
})

test.each([
  [
    'another program makes the chain that closes',
    'flush ruleset\n',
    'in chain inet mine input, which /etc/nftables.conf does not make',
  ],
  [
    'nftables.conf does not load',
    `flush ruleset\n${closed('mine')}bad words\n`,
    '/etc/nftables.conf of middle does not load',
  ],
])('where %s nothing is opened that a reboot would undo', (_, text, what) => {
  const host = `${address}${write(conf, text)}nft -f - <<'END'\n${closed('mine')}END\n${look}`
  const on = parseSnapshot(inPrivateRoot('dash', host).stdout)
  const [check] = firewall.checks(want, on, at, 'middle')
  expect(check).toMatchObject({ status: 'fail', code: 'firewall-not-kept', what: expect.stringContaining(what) })
})

const unsure = { status: 'unknown', code: 'firewall-not-kept' }
const off = { units: { 'nftables.service': { Id: 'nftables.service', UnitFileState: 'disabled' } } }
test.each([
  ['nobody enables nftables.service', off, [unsure]],
  ['no systemd loads it, and nothing else is seen to', { missing: ['systemctl'] }, [unsure]],
  ['something else names it', { ...off, atBoot: { 'rc.local': [conf] } }, []],
])('where %s it can be told or not whether an opening is there after a reboot', (_, more, doubts) => {
  const host = `${address}${write(conf, `flush ruleset\n${closed('filter')}`)}nft -f ${conf}\n${look}`
  const on = { ...parseSnapshot(inPrivateRoot('dash', host).stdout), ...more }
  expect(firewall.checks(want, on, at, 'middle')).toMatchObject([...doubts, { status: 'fail', mends: true }])
})

/** Of each whether others than the named are surely kept out. */
test.each([
  ['policy drop alone', '', true],
  ['a rule for the named alone', 'ip saddr 198.51.100.0/25 tcp dport 110 accept', true],
  ['a rule for everybody', 'tcp dport 100-200 accept', false],
  [
    'the same behind one that drops at times',
    'tcp flags syn limit rate over 1000/second drop\ntcp dport 110 accept',
    false,
  ],
  ['a rule for others', 'ip saddr 10.0.0.0/8 accept', false],
  ['a named set', 'ip saddr @some tcp dport 110 accept', false],
])('allowFrom and %s', (_, rules, isKeptOut) => {
  const set = '\tset some { type ipv4_addr; flags interval; elements = { 0.0.0.0/0 }; }\n'
  const host = `${address}nft -f - <<'END'\n${closed('filter', `${rules}\n`, set)}END\n${look}`
  const on = parseSnapshot(inPrivateRoot('dash', host).stdout)
  const [ask] = at.asks.map(one => ({ ...one, from: ['198.51.100.0/24'] }))
  expect(ask && unenforced(on, [ask]).length === 0).toBe(isKeptOut)
})

test('allowFrom on a host without nftables.conf is kept by our unit alone, and goes without a trace', () => {
  const some: FirewallAt = { ...at, asks: [{ address: '203.0.113.20', port: 110, from: ['198.51.100.0/24'] }] }
  const wanted = { ...want, opens: some.asks.map(describeAsk) }
  const host = `${address}rm -f ${conf}\n`
  const before = parseSnapshot(inPrivateRoot('dash', `${host}${look}`).stdout)
  const make = firewall.plan(wanted, firewall.observe(before, some), before, some)
  const seen = inPrivateRoot('dash', `${host}${run(make)}${look}`)
  const after = parseSnapshot(seen.stdout)
  expect(firewall.observe(after, some)).toEqual(wanted)
  const remove = firewall.plan(null, firewall.observe(after, some), after, some)
  const gone = inPrivateRoot(
    'busybox sh',
    `${host}listing /etc >/mnt/before\n${run(make)}${run(remove)}nft list ruleset; listing /etc >/mnt/after; diff /mnt/before /mnt/after && echo same\n`,
  )
  expect(gone.stdout).toBe('exit 0\nexit 0\nsame\n')
})
