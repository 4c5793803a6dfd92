// What a real sshd says of lines for everybody: alone, among others, and of whom it lets in.
import fc from 'fast-check'
import { encode } from '../../engine/host/quote'
import { differences } from '../../engine/look/differ'
import { parseSnapshot } from '../../engine/look/snapshot'
import { sshd } from '../../engine/parts/sshd'
import { questionsOf } from '../../engine/parts/sshd-own'
import { deriveMiddle } from '../../engine/wish/middle'
import { checkExtra } from '../../schemas/check-extra'
import type { Middle } from '../../schemas/types'
import { tries } from '../tries'
import { batch, type Ended, inPrivateRoot, linesOf, look, prepareRoot, shells, write } from './private-root'

beforeAll(prepareRoot)

const host = { name: 'middle', address: '203.0.113.20', user: 'admin', become: 'sudo' } as const
const main = '/etc/ssh/sshd_config'

function placedOf(settings: Partial<Middle>) {
  const [placed] = deriveMiddle({ name: 'middle', host, ...settings }).placed
  if (placed?.kind !== 'sshd' || !placed.at.own) throw new Error('no settings')
  const { at, want } = placed
  const asks = look(['look_tunnel', '_host'], ...questionsOf(placed.at.own))
  return { at, want, asks, put: [['sshd_put', at.dropIn, encode(at.text)], ['sshd_commit']] }
}

const snapshotOf = ({ stdout }: Ended) =>
  parseSnapshot(
    stdout
      .split('\n')
      .filter(line => line.includes('\x1f'))
      .join('\n'),
  )

function observe(settings: Partial<Middle>, config: string, shell: (typeof shells)[number] = 'dash') {
  const { at, want, asks, put } = placedOf(settings)
  const ended = inPrivateRoot(shell, `mkdir -p /run/sshd; ${config}${batch(...put)}${asks}`)
  const on = snapshotOf(ended)
  const have = sshd.observe(on, at)
  return { on, have, wrong: differences(want ?? {}, { ...have }), stderr: ended.stderr }
}

const extra = {
  DisableForwarding: ['yes'],
  x11forwarding: ['no'],
  AuthorizedKeysFile: ['.ssh/authorized_keys /etc/ssh/keys/%u'],
  AcceptEnv: ['LANG LC_*', 'GREETING'],
  Ciphers: ['+aes128-cbc'],
  ChallengeResponseAuthentication: ['no'],
  LoginGraceTime: ['1m'],
  VersionAddendum: ['one#two'],
  Subsystem: ['files internal-sftp'],
}

describe.each(shells)('under %s', shell => {
  test('every line is in effect, under whatever name and form sshd prints it', () => {
    const { have, wrong, on } = observe({ extra, permitRootLogin: 'prohibit-password', logLevel: 'QUIET' }, '', shell)
    expect({ wrong, refuses: on.sshdRefuses }).toEqual({ wrong: [], refuses: null })
    expect(have).toMatchObject({ extraInEffect: true, permitRootLogin: 'prohibit-password', logLevel: 'QUIET' })
    expect(on.sshdVersion).toMatch(/^OpenSSH_\d+\.\d+p\d+/)
    expect(on.sshdLines['ChallengeResponseAuthentication no']).toEqual(['kbdinteractiveauthentication no'])
  })
})

test('a foreign line that is read before ours shows, and one behind ours does not', () => {
  const foreign = `printf 'Banner /foreign\\nLogLevel ERROR\\n%s' "$(cat ${main})" >/mnt/new; cat /mnt/new >${main}\n`
  const settings = { extra: { Banner: ['none'] }, logLevel: 'VERBOSE' } as const
  const { wrong } = observe({ ...settings, extra: { Banner: ['none'] } }, foreign)
  expect(wrong.map(({ name, have }) => `${name} ${JSON.stringify(have)}`)).toEqual([
    expect.stringMatching(/^dropInSha256 .*does not read it first/),
    'logLevel "ERROR"',
    'extra ["banner /foreign"]',
    'extraInEffect false',
  ])
})

test.each([
  ['a deprecated keyword', 'Protocol', '2'],
  ['the default under another name', 'ChallengeResponseAuthentication', 'yes'],
])('what sshd says nothing of is not told to be in effect: %s', (_what, keyword, value) => {
  const { have, wrong } = observe({ extra: { [keyword]: [value] } }, '')
  expect(have).toMatchObject({ extra: [`${keyword} ${value}`], extraInEffect: null })
  expect(wrong).toEqual([])
})

test('what this sshd does not take is told by a look alone; where only the whole is wrong the drop-in goes back', () => {
  const refused = placedOf({ extra: { AcceptEnv: ['A'], Bannner: ['none'], LoginGraceTime: ['soon'] } })
  const { sshdRefuses } = snapshotOf(inPrivateRoot('dash', `mkdir -p /run/sshd; ${refused.asks}`))
  expect(sshdRefuses).toMatch(/line 2: Bad configuration option: Bannner/)
  const twice = placedOf({ extra: { Subsystem: ['sftp internal-sftp'] } })
  const ended = inPrivateRoot(
    'dash',
    `mkdir -p /run/sshd; listing /etc >/mnt/before; ${batch(...twice.put)}listing /etc >/mnt/after; same /etc /mnt/before /mnt/after`,
  )
  expect(linesOf(ended).slice(-3)).toEqual(['failed 2', 'exit 78', '/etc same'])
  expect(ended.stderr).toMatch(/Subsystem 'sftp' already defined/)
})

test('a line that needs another is told with all, and one that needs a foreign one is not refused beforehand', () => {
  const command = { AuthorizedKeysCommand: ['/bin/true'] }
  const both = observe({ extra: { ...command, AuthorizedKeysCommandUser: ['nobody'] } }, '')
  expect(both.wrong).toEqual([])
  expect(both.have).toMatchObject({ extraInEffect: true })
  const { on, have } = observe({ extra: command }, `echo 'AuthorizedKeysCommandUser nobody' >>${main}; `)
  expect(on.sshdRefuses).not.toMatch(/line \d/)
  expect(have).toMatchObject({ extraInEffect: null })
})

test('no value that is let through sets anything but its keyword', () => {
  const letThrough = fc
    .string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 20 })
    .filter(value => checkExtra({ name: 'x', host, extra: { VersionAddendum: [value] } }, () => false).length === 0)
  const odd = [
    '"',
    "'",
    '\\',
    '\\\\',
    '"#',
    'a\\',
    '=',
    '= =',
    '"a" b',
    '%%',
    '$(id)',
    '`id`',
    '\u00a0',
    '\u0085'.trim(),
  ]
  const values = [...odd, ...fc.sample(letThrough, { seed: tries(1).seed, numRuns: 150 })]
  const taken = values.filter(
    value => checkExtra({ name: 'x', host, extra: { VersionAddendum: [value] } }, () => false).length === 0,
  )
  const texts = taken.map(value => placedOf({ extra: { VersionAddendum: [value] } }).at.text)
  const ask = (text: string) =>
    `${write('/mnt/conf', text)}sshd -T -f /mnt/conf 2>/dev/null | grep -v ^versionaddendum | cmp -s - /mnt/plain && echo same || { sshd -t -f /mnt/conf 2>/dev/null && echo OTHER || echo refused; }\n`
  const ended = inPrivateRoot(
    'dash',
    `mkdir -p /run/sshd; : >/mnt/none; sshd -T -f /mnt/none | grep -v ^versionaddendum >/mnt/plain; ${texts.map(ask).join('')}`,
  )
  const told = linesOf(ended)
  expect(told).toHaveLength(taken.length)
  expect(taken.filter((_, index) => told[index] === 'OTHER')).toEqual([])
  expect(told.filter(one => one === 'same').length).toBeGreaterThan(100)
})

describe('whom sshd lets in', () => {
  const users = `ip address add 203.0.113.20/24 dev lo; mkdir -p /run/sshd; ssh-keygen -q -t ed25519 -N '' -f /mnt/key
    groupadd admins
    for user in deploy ops-1 other; do
      useradd -m -s /bin/sh "$user"; mkdir "/home/$user/.ssh"; cp /mnt/key.pub "/home/$user/.ssh/authorized_keys"; chown -R "$user:" "/home/$user/.ssh"
    done
    usermod -aG admins other
    start() { /usr/sbin/sshd -p 2200 -E /mnt/sshd.log; until [ -s /run/sshd.pid ]; do sleep 0.01; done; }
    restart() { kill "$(cat /run/sshd.pid)"; while [ -e /run/sshd.pid ]; do sleep 0.01; done; start; }
    try() { ssh -F none -p 2200 -i /mnt/key -b "$2" -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/mnt/known "$1@127.0.0.1" true </dev/null >/dev/null 2>&1 && echo "$1 in" || echo "$1 out"; }
    all() { for user in deploy ops-1 other; do try "$user" 127.0.0.1; done; try deploy 203.0.113.20; }\n`
  const who = (settings: Partial<Middle>, script: (ours: string, asks: string) => string) => {
    const { at, put, asks } = placedOf(settings)
    const ended = inPrivateRoot('dash', `${users}${script(batch(...put), asks)}kill "$(cat /run/sshd.pid)"`)
    const lines = linesOf(ended).filter(line => / (in|out)$/.test(line))
    return { lines, have: sshd.observe(snapshotOf(ended), at), on: snapshotOf(ended), ended }
  }
  const everybody = ['deploy in', 'ops-1 in', 'other in', 'deploy in']

  test('where the host has no list everybody still is, and where it had one that goes away too', () => {
    const { lines, have } = who(
      { allowUsers: ['deploy', 'ops-*'] },
      (ours, asks) => `${ours}start; all
      sed -i '1i AllowUsers other' ${main}; restart; all
      ${asks}sed -i 1d ${main}; restart; all\n`,
    )
    expect(lines).toEqual([...everybody, ...everybody, ...everybody])
    expect(have).toMatchObject({ allowUsers: ['deploy', 'ops-*'] })
  })

  test('a list of the host’s is added to, from the named network alone', () => {
    const { lines, have } = who(
      { allowUsers: ['deploy@203.0.113.9/24'] },
      (ours, asks) => `sed -i '1i AllowUsers other' ${main}; start; all; ${ours}restart; all; ${asks}`,
    )
    expect(lines).toEqual([
      'deploy out',
      'ops-1 out',
      'other in',
      'deploy out',
      'deploy out',
      'ops-1 out',
      'other in',
      'deploy in',
    ])
    expect(have).toMatchObject({ allowUsers: ['deploy@203.0.113.9/24'] })
  })

  test('AllowGroups holds beside it, and is told', () => {
    const { lines, on } = who(
      { allowUsers: ['deploy'] },
      (ours, asks) => `sed -i '1i AllowGroups admins' ${main}; ${ours}start; all; ${asks}`,
    )
    expect(lines).toEqual(['deploy out', 'ops-1 out', 'other in', 'deploy out'])
    expect([on.sshd['AllowUsers deploy']?.allowgroups, on.groups.deploy]).toEqual(['admins', ['deploy']])
  })
})
