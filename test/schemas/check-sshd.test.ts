// What is wrong with the settings of sshd that stand for everybody, as the constructs and the provider hear it.
import fc from 'fast-check'
import { whyNoValue } from '../../schemas/check-extra'
import { checkMiddle } from '../../schemas/check-tunnel'
import { findMistakes } from '../../schemas/find-mistakes'
import { asLines, readAllowed } from '../../schemas/sshd-settings'
import type { Middle } from '../../schemas/types'
import { tries } from '../tries'

const admin = { name: 'middle', address: '203.0.113.20', user: 'admin', become: 'sudo' } as const
const middle: Middle = { name: 'middle', host: admin }
const tell = (change: Partial<Middle>) =>
  checkMiddle({ ...middle, ...change }).map(({ path, code }) => `${path.join('.')} ${code}`)

test('what sshd_config(5) says is fine, however it is spelled', () => {
  expect(
    tell({
      permitRootLogin: 'no',
      perSourcePenalties: 'authfail:5s noauth:1s max:10m',
      allowUsers: ['deploy', 'ops-*', 'web?', 'deploy@198.51.100.0/24', 'deploy@2001:db8::/32', 'machine$'],
      extra: {
        Banner: ['/etc/issue.net'],
        ACCEPTENV: ['LANG LC_*', 'FOO'],
        VersionAddendum: ['a#b'],
        Subsystem: ['sftp internal-sftp -l "# not a comment"'],
      },
    }),
  ).toEqual([])
})

test.each<[string, Partial<Middle>, string[]]>([
  ['a keyword that has a setting', { extra: { USEDNS: ['no'] } }, ['extra.USEDNS own-setting']],
  ['AllowUsers, which has one too', { extra: { allowusers: ['me'] } }, ['extra.allowusers own-setting']],
  ['a block', { extra: { Match: ['User me'] } }, ['extra.Match refused-keyword']],
  ['another file', { extra: { include: ['/etc/x'] } }, ['extra.include refused-keyword']],
  [
    'where sshd listens',
    { extra: { Port: ['2222'], listenAddress: ['0.0.0.0'], AddressFamily: ['inet'] } },
    ['extra.Port refused-keyword', 'extra.listenAddress refused-keyword', 'extra.AddressFamily refused-keyword'],
  ],
  [
    'a file that sshd would overwrite',
    { extra: { PidFile: ['/root/.ssh/authorized_keys'] } },
    ['extra.PidFile.0 refused-value'],
  ],
  ['a PID file', { extra: { PidFile: ['/run/other.pid'] } }, []],
  ['the host keys', { extra: { HostKey: ['/etc/key'] } }, ['extra.HostKey refused-keyword']],
  ['one keyword twice', { extra: { Banner: ['a'], banner: ['b'] } }, ['extra.banner duplicate-keyword']],
  ['a keyword with a value in it', { extra: { 'Banner none': ['x'] } }, ['extra.Banner none bad-keyword']],
  ['a comment for a keyword', { extra: { '#Banner': ['x'] } }, ['extra.#Banner bad-keyword']],
  ['no value', { extra: { Banner: ['', '  '] } }, ['extra.Banner.0 bad-value', 'extra.Banner.1 bad-value']],
  ['a second line', { extra: { Banner: ['a\nMatch all'] } }, ['extra.Banner.0 bad-value']],
  ['a carriage return', { extra: { Banner: ['a\rb'] } }, ['extra.Banner.0 bad-value']],
  ['a comment', { extra: { Banner: ['none # for now'] } }, ['extra.Banner.0 bad-value']],
  ['nothing but a comment', { perSourcePenalties: '#no' }, ['perSourcePenalties bad-value']],
  [
    'a user that is none',
    { allowUsers: ['a b', '!root', 'a,b', '', '-x'] },
    [0, 1, 2, 3, 4].map(at => `allowUsers.${at} bad-user`),
  ],
  ['a name to come from', { allowUsers: ['me@home.example'] }, ['allowUsers.0 bad-network']],
  ['MaxStartups that sshd refuses', { maxStartups: '100:30:60' }, ['maxStartups bad-max-startups']],
])('%s is found', (_what, change, told) => {
  expect(tell(change)).toEqual(told)
})

test('what would keep out ourselves is refused, and only where we log in so', () => {
  const root: Middle = { ...middle, host: { name: 'middle', address: '203.0.113.20' } }
  const code = (one: Middle) => checkMiddle(one).map(finding => finding.code)
  expect(code({ ...root, permitRootLogin: 'no' })).toEqual(['locks-out'])
  expect(code({ ...root, permitRootLogin: 'forced-commands-only' })).toEqual(['locks-out'])
  expect(code({ ...root, permitRootLogin: 'prohibit-password' })).toEqual([])
  expect(code({ ...middle, extra: { PubkeyAuthentication: ['no'] } })).toEqual(['locks-out'])
  const local: Middle = { ...middle, host: { name: 'middle', local: true } }
  expect(code({ ...local, permitRootLogin: 'no', extra: { PubkeyAuthentication: ['no'] } })).toEqual([])
})

test('what is not known yet is not judged', () => {
  const isUnknown = (text: string) => text === 'later'
  const unknown = {
    ...middle,
    permitRootLogin: 'later',
    perSourcePenalties: 'later',
    allowUsers: ['later'],
    extra: { Banner: ['later'], AcceptEnv: 'later' },
  }
  expect(findMistakes('middle', unknown, isUnknown)).toEqual([])
  expect(findMistakes('middle', { ...unknown, extra: 'later' }, isUnknown)).toEqual([])
})

test('a value and a list of values are lines', () => {
  expect(asLines({ Banner: 'none', RekeyLimit: 5, AcceptEnv: ['A', 7] })).toEqual({
    Banner: ['none'],
    RekeyLimit: ['5'],
    AcceptEnv: ['A', '7'],
  })
})

test('no value and no user that is let through has a line break, whatever else it has', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      if (whyNoValue(text) === null) expect(text).not.toMatch(/[\n\r\0]/)
      if (readAllowed(text)) expect(text.split('@')[0]).toMatch(/^[\w.*?+$-]+$/)
    }),
    tries(1000),
  )
})
