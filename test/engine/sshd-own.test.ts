// A host's own lines of sshd: what is shown of them, and what is told beforehand. What sshd does not say is never shown as good.
import { checksOf } from '../../engine/look/checks'
import { findDoubts, findWrong, observeParts, questionsFor, see, wantOf, winnerOver } from '../../engine/look/look'
import { checkTakeover } from '../../engine/look/takeover'
import type { Declared } from '../../engine/wish/declared'
import { deriveMiddle } from '../../engine/wish/middle'
import { loginId } from '../../schemas/machine'
import type { Middle } from '../../schemas/types'
import { type CaseSnapshot, snapshotOf } from './cases'

const host = { name: 'middle', address: '203.0.113.20', user: 'admin', become: 'sudo' } as const
const dropIn = '/etc/ssh/sshd_config.d/10-ssh-tunnels.conf'
const config = ['Include /etc/ssh/sshd_config.d/*.conf', 'Banner /foreign', 'LogLevel ERROR', 'DenyUsers guest bad*']

/** The host has our drop-in, as declared or with another text, and tells what `on` says. */
function look(settings: Partial<Middle>, on: CaseSnapshot, text?: string) {
  const input: Middle = { name: 'middle', host, ...settings }
  const declared: Declared = { type: 'middle', input }
  const [ours] = deriveMiddle(input).placed
  const files = {
    '/etc/ssh/sshd_config': config,
    [dropIn]: (text ?? (ours?.kind === 'sshd' ? ours.at.text : '')).split('\n'),
  }
  const seen = see(declared, { snapshots: new Map([[loginId(host), snapshotOf({ ...on, files })]]), away: new Map() })
  const wrong = findWrong(seen)
  return {
    seen,
    wrong: wrong.map(({ name, have }) => `${name}: ${JSON.stringify(have)}`),
    winners: wrong.flatMap(({ placed, name, have }) => winnerOver(placed, name, have, seen) ?? []),
    failing: checksOf(seen).filter(({ status, mends }) => status === 'fail' && !mends),
    doubts: findDoubts(seen),
  }
}

const extra = { Banner: ['/etc/issue'], AcceptEnv: ['A', 'B C'] }
const alone = {
  'Banner /etc/issue': ['banner /etc/issue'],
  'AcceptEnv A': ['acceptenv A'],
  'AcceptEnv B C': ['acceptenv B', 'acceptenv C'],
}
const says = ['acceptenv A', 'acceptenv B', 'acceptenv C', 'acceptenv LANG', 'banner /etc/issue']

test('a line is in effect when sshd says of everybody what it says of the line alone, beside what others add', () => {
  const { wrong, failing, doubts } = look({ extra }, { sshdLines: alone, sshdSays: says })
  expect({ wrong, failing, doubts }).toEqual({ wrong: [], failing: [], doubts: [] })
})

test('one that a foreign line wins over shows what sshd has, by file and line', () => {
  const { wrong, winners, failing } = look(
    { extra },
    { sshdLines: alone, sshdSays: ['banner /foreign', ...says.slice(0, 4)] },
  )
  expect(wrong).toEqual(['extra: ["banner /foreign","AcceptEnv A","AcceptEnv B C"]', 'extraInEffect: false'])
  expect(winners).toEqual(['/etc/ssh/sshd_config:2'])
  expect(failing.map(({ code, evidence }) => [code, evidence])).toEqual([
    ['sshd-overruled', expect.stringContaining('/etc/ssh/sshd_config:2 wins')],
  ])
})

test('of a line with several values each has to be there', () => {
  const { wrong } = look({ extra }, { sshdLines: alone, sshdSays: says.filter(line => line !== 'acceptenv C') })
  expect(wrong).toEqual([
    'extra: ["Banner /etc/issue","AcceptEnv A","acceptenv A, acceptenv B, acceptenv LANG"]',
    'extraInEffect: false',
  ])
})

test('one of which sshd prints nothing is null and a doubt, and no reason to refuse or to change anything', () => {
  const { seen, wrong, failing, doubts } = look(
    { extra: { Protocol: ['2'] } },
    { sshdLines: { 'Protocol 2': [] }, sshdSays: says },
  )
  expect({ wrong, failing }).toEqual({ wrong: [], failing: [] })
  expect(doubts).toEqual([expect.stringContaining('sshd on middle does not tell whether Protocol is in effect')])
  const [placed] = seen.derived.placed
  expect(observeParts(seen).parts.sshd).toMatchObject({ extra: ['Protocol 2'], extraInEffect: null })
  expect(placed && wantOf(placed, seen.snapshotOf)).toMatchObject({ extra: ['Protocol 2'], extraInEffect: null })
})

test('nor is one that stands nowhere, and sshd says nothing of, shown as if it did', () => {
  const { wrong } = look({ extra: { Protocol: ['2'] } }, { sshdLines: { 'Protocol 2': [] }, sshdSays: says }, '')
  expect(wrong.slice(1)).toEqual(['extra: ["Protocol 2 (not in our drop-in)"]', 'extraInEffect: false'])
})

test('what sshd does not take is told by keyword, with its words and version', () => {
  const sshdRefused = {
    'Bannner x':
      '/dev/stdin: line 1: Bad configuration option: Bannner\n/dev/stdin: terminating, 1 bad configuration options',
    'X11Forwarding y': '/dev/stdin line 1: unsupported option "y".',
  }
  const on = { sshdRefused, sshdVersion: 'OpenSSH_9.2p1', sshdSays: says }
  const [check] = look({ extra: { AcceptEnv: ['A'], Bannner: ['x'], X11Forwarding: ['y'] } }, on).failing
  expect(check).toMatchObject({
    code: 'sshd-refuses',
    what: 'sshd on middle (OpenSSH_9.2p1) does not take Bannner, X11Forwarding, so nothing was changed',
    evidence: `Bannner x: sshd -t says: Bad configuration option: Bannner
X11Forwarding y: sshd -t says: unsupported option "y".`,
  })
})

test('words about no line of ours are left to the check of the whole configuration', () => {
  const sshdRefused = { 'Banner /etc/issue': 'AuthorizedKeysCommand set without AuthorizedKeysCommandUser' }
  expect(look({ extra }, { sshdLines: alone, sshdSays: says, sshdRefused }).failing).toEqual([])
})

test('PerSourcePenalties on an sshd that has none names the version that has them', () => {
  const words = '/dev/stdin: line 1: Bad configuration option: PerSourcePenalties'
  const sshdRefused = { 'PerSourcePenalties authfail:5s': words, 'PerSourcePenalties authfail:x': words }
  const on = { sshdRefused, sshdVersion: 'OpenSSH_9.2p1', sshdSays: says }
  const [check] = look({ perSourcePenalties: 'authfail:5s' }, on).failing
  expect(check?.cure).toContain('install OpenSSH 9.8 or later on middle')
  const newer = { ...on, sshdSays: ['persourcepenalties no'] }
  expect(look({ perSourcePenalties: 'authfail:x' }, newer).failing[0]?.cure).toContain('mend that')
})

const defaults = 'crash:90 authfail:5 noauth:1 grace-exceeded:10 max:600 min:15'
test.each([
  ['authfail:7s', defaults.replace('authfail:5', 'authfail:7'), defaults.replace('authfail:5', 'authfail:7'), true],
  ['authfail:7s', defaults.replace('authfail:5', 'authfail:7'), defaults, false],
  [
    'authfail:7s',
    defaults.replace('authfail:5', 'authfail:7'),
    defaults.replace('authfail:5', 'authfail:7').replace('max:600', 'max:9'),
    true,
  ],
  ['authfail:7s', defaults.replace('authfail:5', 'authfail:7'), 'no', false],
  ['yes', defaults, defaults, true],
  ['yes', defaults, 'no', false],
  ['no', 'no', 'no', true],
  ['no', 'no', defaults, false],
])('penalties %s, alone %j, among others %j: in effect %s', (perSourcePenalties, lone, all, inEffect) => {
  const { wrong } = look(
    { perSourcePenalties },
    {
      sshdLines: { [`PerSourcePenalties ${perSourcePenalties}`]: [`persourcepenalties ${lone}`] },
      sshdSays: [`persourcepenalties ${all}`],
    },
  )
  expect(wrong).toEqual(inEffect ? [] : [`perSourcePenalties: ${JSON.stringify(all)}`])
})

test('a user is allowed whom AllowUsers names for a connection of his', () => {
  const sshd = {
    'AllowUsers deploy': { allowusers: 'deploy' },
    'AllowUsers ops-*@198.51.100.0/24': { allowusers: 'root ops-*' },
    'AllowUsers gone': { allowusers: 'root' },
  }
  const allowUsers = ['deploy', 'ops-*@198.51.100.0/24', 'gone']
  const { wrong } = look({ allowUsers }, { sshd })
  expect(wrong).toEqual(['allowUsers: ["deploy","ops-*@198.51.100.0/24"]'])
})

test.each<[string, Record<string, string>, string[], string | null]>([
  ['DenyUsers', { denyusers: 'guest dep*' }, [], 'DenyUsers dep* (/etc/ssh/sshd_config:4)'],
  ['DenyGroups', { denygroups: 'web staff' }, ['deploy', 'staff'], 'DenyGroups staff'],
  ['AllowGroups without him', { allowgroups: 'admins' }, ['deploy'], 'AllowGroups admins'],
  ['AllowGroups with him', { allowgroups: 'admins dep*' }, ['deploy'], null],
  ['AllowGroups where nobody knows his groups', { allowgroups: 'admins' }, [], null],
  ['lists of others', { denyusers: 'guest', denygroups: 'web' }, ['deploy'], null],
])('%s beside allowUsers', (_what, lists, groups, bar) => {
  const on = { sshd: { 'AllowUsers deploy': { allowusers: 'deploy', ...lists } }, groups: { deploy: groups } }
  const { failing } = look({ allowUsers: ['deploy'] }, on)
  expect(failing.map(({ code }) => code)).toEqual(bar === null ? [] : ['sshd-denies'])
  if (bar !== null) expect(failing[0]?.evidence).toContain(bar)
})

test('of two words for the same, sshd’s and ours are one', () => {
  const settings = { permitRootLogin: 'prohibit-password', logLevel: 'DEBUG1' } as const
  expect(look(settings, { sshd: { '*': { permitrootlogin: 'without-password', loglevel: 'DEBUG' } } }).wrong).toEqual(
    [],
  )
  const { wrong, winners } = look(settings, { sshd: { '*': { permitrootlogin: 'yes', loglevel: 'ERROR' } } })
  expect(wrong).toEqual(['permitRootLogin: "yes"', 'logLevel: "ERROR"'])
  expect(winners).toEqual(['/etc/ssh/sshd_config:3'])
})

test('a host is asked what is declared of it, and nothing else', () => {
  const one: Declared = {
    type: 'middle',
    input: { name: 'middle', host, extra, allowUsers: ['ops-*'], perSourcePenalties: 'no' },
  }
  expect(questionsFor(host, [one])).toEqual([
    ['look_sshd_line', 'PerSourcePenalties no'],
    ['look_sshd_line', 'Banner /etc/issue'],
    ['look_sshd_line', 'AcceptEnv A'],
    ['look_sshd_line', 'AcceptEnv B C'],
    ['look_sshd_user', 'AllowUsers ops-*', 'ops-', '127.0.0.1'],
    ['look_admin', 'admin', dropIn, expect.stringContaining('Match User ops-*')],
  ])
  expect(questionsFor({ ...host, address: '198.51.100.9' }, [one])).toEqual([])
})

test('what a create would take over shows each keyword, digits and several lines of one too', () => {
  const text =
    '# Made by cdktf-ssh-tunnels for this host of terraform; the next deploy puts changes back.\nX11Forwarding yes\nAcceptEnv A\nAcceptEnv Z\n'
  const { seen } = look({ extra: { X11Forwarding: ['no'], AcceptEnv: ['A', 'B'] } }, { sshdSays: says }, text)
  expect(checkTakeover(seen)[0]?.evidence).toBe(
    'sshd x11forwarding on middle: yes; declared: no\nsshd acceptenv on middle: A, Z; declared: A, B',
  )
})

test.each([
  ['a keyword that is a block', { Match: ['all'] }],
  ['a keyword with a line end', { 'Banner none\nMatch': ['all'] }],
  ['a value with one', { Banner: ['none\nMatch all'] }],
])('%s never becomes text, whatever validation has let through', (_what, settings) => {
  expect(() => deriveMiddle({ name: 'middle', host, extra: settings })).toThrow('is not a line of sshd_config')
})

test('of very many lines that sshd does not take the first are named, and how many more there are', () => {
  const settings = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`NoSuch${at}`, ['yes']]))
  const lines = Object.keys(settings).map(name => `${name} yes`)
  const says = (line: string) => `/dev/stdin: line 1: Bad configuration option: ${line}`
  const { failing } = look(
    { extra: settings },
    { sshdRefused: Object.fromEntries(lines.map(line => [line, says(line)])), sshdSays: ['port 22'] },
  )
  const [{ what = '', evidence = '' } = {}] = failing
  expect([failing[0]?.code, evidence.split('\n').length]).toEqual(['sshd-refuses', 9])
  expect(evidence.split('\n').at(-1)).toBe('and 92 more')
  expect(what).toMatch(/does not take NoSuch0, .*, NoSuch7, and 92 more, so nothing was changed$/)
})
