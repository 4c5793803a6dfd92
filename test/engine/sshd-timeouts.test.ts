// Where somebody lets sshd close what is idle, our block sets that back; elsewhere it has no line that an older sshd would not know.
import { sshd } from '../../engine/parts/sshd'
import { timeoutLines } from '../../engine/parts/sshd-timeouts'
import { type CaseSnapshot, snapshotOf } from './cases'

const dropIn = '/etc/ssh/sshd_config.d/10-ssh-tunnels-web.conf'
const main = '/etc/ssh/sshd_config'
const text = 'Match User tun-web\n    PermitOpen far:22\n'
const at = { dropIn, owner: 'me', text, user: 'tun-web', asked: [] }
const included = 'Include /etc/ssh/sshd_config.d/*.conf'
const unused = '    UnusedConnectionTimeout none\n'
const channel = '    ChannelTimeout *=0\n'

test.each<[CaseSnapshot, string]>([
  [{}, ''],
  [{ sshd: { '*': { unusedconnectiontimeout: 'none', channeltimeout: 'none' } } }, ''],
  [{ sshd: { '*': { unusedconnectiontimeout: '300', channeltimeout: 'none' } } }, unused],
  [{ sshd: { '*': { channeltimeout: 'direct-tcpip=60' } } }, channel],
  [
    { files: { [main]: [included, 'Match User tun-*', 'ChannelTimeout *=1m', 'UnusedConnectionTimeout 1m'] } },
    channel + unused,
  ],
  [{ files: { [main]: [included, 'UnusedConnectionTimeout none'] } }, ''],
  [{ files: { [main]: [included], '/etc/ssh/sshd_config.d/10-ssh-tunnels-b.conf': ['ChannelTimeout 1m'] } }, ''],
])('on a host with %j our block says %j', (on, lines) => {
  expect(timeoutLines(snapshotOf(on))).toBe(lines)
})

const standing = (says: string, idle: boolean) =>
  snapshotOf({
    files: { [main]: [included, ...(idle ? ['UnusedConnectionTimeout 5m'] : [])], [dropIn]: says.split('\n') },
  })

test('what stands with or without these lines is as wanted where it should be so, and is written anew where not', () => {
  const want = sshd.observe(standing(text, false), at)
  expect(sshd.observe(standing(text + unused, true), at)).toEqual(want)
  expect(sshd.observe(standing(text, true), at)).toEqual({
    ...want,
    dropInSha256: `${want?.dropInSha256} (sshd closes what is idle)`,
  })
  for (const [says, idle] of [
    [text, true],
    [text + unused, false],
  ] as const) {
    const on = standing(says, idle)
    const steps = sshd.plan(want, sshd.observe(on, at), on, at)
    expect(steps.filter(({ verb }) => verb === 'sshd_put').map(({ content }) => content)).toEqual([
      idle ? text + unused : text,
    ])
  }
  for (const on of [standing(text, false), standing(text + unused, true)])
    expect(sshd.plan(want, sshd.observe(on, at), on, at)).toEqual([])
})

test('the settings of a middle itself leave what others set', () => {
  const everybody = { ...at, user: '*', text: 'MaxStartups 10\n' }
  const on = snapshotOf({
    files: { [main]: [included, 'UnusedConnectionTimeout 5m'], [dropIn]: ['MaxStartups 10', ''] },
  })
  const want = sshd.observe(on, everybody)
  expect(want?.dropInSha256).toMatch(/^[0-9a-f]{64}$/)
})
