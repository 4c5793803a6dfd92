// What a real sshd would make of the login that changes it, as a look tells it beforehand; and what becomes of that login when it is changed all the same.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { questionsFor } from '../../engine/look/look'
import { parseSnapshot } from '../../engine/look/snapshot'
import { admits } from '../../engine/parts/admission'
import { deriveMiddle } from '../../engine/wish/middle'
import type { Host, Middle } from '../../schemas/types'
import { inPrivateRoot, linesOf, look, prepareRoot, type Shell, write } from './private-root'

type KeyName = 'ed25519' | 'rsa'
const keys = {} as Record<KeyName, { readonly secret: string; readonly open: string }>

beforeAll(async () => {
  await prepareRoot()
  const folder = mkdtempSync(join(tmpdir(), 'admission-'))
  for (const [name, ...size] of [['ed25519'], ['rsa', '-b', '2048']] as const) {
    const file = join(folder, name)
    execFileSync('ssh-keygen', ['-q', '-t', name, ...size, '-N', '', '-C', '', '-f', file])
    keys[name] = { secret: readFileSync(file, 'utf8'), open: readFileSync(`${file}.pub`, 'utf8').trim() }
  }
  rmSync(folder, { recursive: true })
})

/** Whose administrators, root and ops, come by either key. */
const host = () => `mkdir -p /run/sshd; groupadd admins; useradd -m -s /bin/sh -G admins ops
mkdir -p /mnt/root; mount --bind /mnt/root /root; chmod 700 /root
${(['ed25519', 'rsa'] as const).map(name => `${write(`/mnt/${name}`, keys[name].secret)}chmod 600 /mnt/${name}\n`).join('')}
for home in /root /home/ops; do
  mkdir -p "$home/.ssh"
  printf '%s\\n' '${keys.ed25519.open}' '${keys.rsa.open}' >"$home/.ssh/authorized_keys"
done
chown -R ops: /home/ops/.ssh
mkdir /etc/ssh/keys /mnt/jail
echo '${keys.ed25519.open}' | tee /etc/ssh/keys/ops >/etc/ssh/keys/root
echo '# ${keys.ed25519.open}' >/etc/ssh/keys/none
export SSH_CONNECTION='127.0.0.1 40000 127.0.0.1 2200'
try() { # USER KEY
  /usr/sbin/sshd -p 2200 -E /mnt/sshd.log
  until [ -s /run/sshd.pid ]; do sleep 0.01; done
  said=$(ssh -F none -p 2200 -i "/mnt/$2" -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/mnt/known -o LogLevel=ERROR \\
    "$1@127.0.0.1" 'echo "$HOME"' </dev/null 2>/dev/null) || :
  case $said in /*) echo 'case in' ;; *) echo 'case out' ;; esac
  kill "$(cat /run/sshd.pid)"
  while [ -e /run/sshd.pid ]; do sleep 0.01; done
}
again() { rm -rf /etc/ssh/sshd_config.d; cp -a /mnt/etc.ssh/. /etc/ssh/; }
cp -a /etc/ssh /mnt/etc.ssh
`

interface Case {
  readonly set: Partial<Middle>
  readonly user?: 'root' | 'ops'
  readonly key?: KeyName
  /** Lines that the host's own configuration ends with. */
  readonly has?: readonly string[]
  /** What we have set before. */
  readonly stands?: Partial<Middle>
}

function scriptOf({ set, user = 'root', key = 'ed25519', has = [], stands }: Case): string {
  const middle: Host = { name: 'middle', address: '203.0.113.20', user }
  const put = (some: Partial<Middle>) => {
    const [placed] = deriveMiddle({ name: 'middle', host: middle, ...some }).placed
    if (placed?.kind !== 'sshd') throw new Error('no settings')
    return write(placed.at.dropIn, placed.at.text)
  }
  const asked = questionsFor(middle, [{ type: 'middle', input: { name: 'middle', host: middle, ...set } }])
  return [
    'again\n',
    ...has.map(line => `echo '${line}' >>/etc/ssh/sshd_config\n`),
    stands ? put(stands) : '',
    'echo "case begins"\n',
    look(['look_tunnel', '_host'], ...asked, ['look_login_key', ...keys[key].open.split(' ')]),
    put(set),
    `try ${user} ${key}\n`,
  ].join('')
}

/** For each case the setting that would lock out, or none, and whether the login comes in when it is made all the same. */
function judge(cases: readonly Case[], shell: Shell = 'dash') {
  const { stdout } = inPrivateRoot(shell, `${host()}${cases.map(scriptOf).join('')}`)
  return stdout
    .split('case begins\n')
    .slice(1)
    .map(part => {
      const records = part.split('\n').filter(line => line.includes('\x1f'))
      const on = parseSnapshot(records.join('\n'))
      const { status, what, evidence } = admits(on, 'middle')
      const told = status === 'fail' ? what.split(' ')[0] : 'nothing'
      return { told, login: /^case (in|out)$/m.exec(part)?.[1], asked: on.admission !== null, evidence }
    })
}

const extra = (keyword: string, ...values: string[]): Pick<Middle, 'extra'> => ({ extra: { [keyword]: values } })

const lockOuts: readonly (readonly [setting: string, Case])[] = [
  ['AllowGroups', { set: extra('AllowGroups', 'nobody') }],
  ['AllowGroups', { set: extra('AllowGroups', 'root', 'sudo*'), user: 'ops' }],
  ['DenyGroups', { set: extra('DenyGroups', 'adm*'), user: 'ops' }],
  ['DenyUsers', { set: extra('DenyUsers', 'root') }],
  ['DenyUsers', { set: extra('DenyUsers', 'guest op?@127.0.0.0/8'), user: 'ops' }],
  ['PermitRootLogin', { set: { permitRootLogin: 'no' } }],
  ['PermitRootLogin', { set: { permitRootLogin: 'forced-commands-only' } }],
  ['PubkeyAuthentication', { set: extra('PubkeyAuthentication', 'no') }],
  ['AuthenticationMethods', { set: extra('AuthenticationMethods', 'password') }],
  ['AuthenticationMethods', { set: extra('AuthenticationMethods', 'publickey,password'), user: 'ops' }],
  ['AuthorizedKeysFile', { set: extra('AuthorizedKeysFile', '/nowhere') }],
  ['AuthorizedKeysFile', { set: extra('AuthorizedKeysFile', 'none') }],
  ['AuthorizedKeysFile', { set: extra('AuthorizedKeysFile', '/etc/ssh/keys/none') }],
  ['AuthorizedKeysFile', { set: extra('AuthorizedKeysFile', '/etc/ssh/keys/%u'), key: 'rsa' }],
  ['PubkeyAcceptedAlgorithms', { set: extra('PubkeyAcceptedAlgorithms', 'rsa-sha2-512') }],
  ['PubkeyAcceptedAlgorithms', { set: extra('PubkeyAcceptedAlgorithms', '-ssh-ed25519*') }],
  ['PubkeyAcceptedAlgorithms', { set: extra('PubkeyAcceptedAlgorithms', 'ssh-ed25519'), key: 'rsa', user: 'ops' }],
  ['RequiredRSASize', { set: extra('RequiredRSASize', '3072'), key: 'rsa' }],
  ['ForceCommand', { set: extra('ForceCommand', '/bin/false') }],
  ['ForceCommand', { set: extra('ForceCommand', 'internal-sftp'), user: 'ops' }],
  ['ChrootDirectory', { set: extra('ChrootDirectory', '/mnt/jail') }],
  // What ours takes the place of said otherwise.
  ['AllowGroups', { set: extra('AllowGroups', 'nobody'), stands: extra('AllowGroups', 'root') }],
  [
    'PermitRootLogin',
    { set: { permitRootLogin: 'no' }, stands: { permitRootLogin: 'yes', ...extra('Banner', 'none') } },
  ],
  [
    'PermitRootLogin',
    { set: { logLevel: 'VERBOSE' }, stands: { permitRootLogin: 'yes' }, has: ['PermitRootLogin no'] },
  ],
]

const letIn: readonly Case[] = [
  { set: { permitRootLogin: 'prohibit-password', passwordAuthentication: 'no', maxSessions: 1, maxStartups: '1' } },
  { set: { permitRootLogin: 'no' }, user: 'ops' },
  { set: extra('AllowGroups', 'admins'), user: 'ops' },
  { set: { allowUsers: ['guest'], ...extra('Banner', 'none') } },
  { set: { allowUsers: ['ops@192.0.2.0/24'] }, user: 'ops', has: ['AllowUsers ops root'] },
  { set: extra('AuthenticationMethods', 'publickey,password publickey') },
  { set: extra('AuthorizedKeysFile', '/etc/ssh/keys/%u .ssh/other'), user: 'ops' },
  { set: extra('AuthorizedKeysFile', '%h/.ssh/authorized_keys'), key: 'rsa' },
  { set: extra('PubkeyAcceptedAlgorithms', 'rsa-sha2-512'), key: 'rsa', user: 'ops' },
  { set: extra('RequiredRSASize', '2048'), key: 'rsa' },
  { set: extra('DenyUsers', 'ops', 'root@192.0.2.0/24') },
  // A block of the host's own goes before what stands for everybody.
  { set: extra('AllowGroups', 'nobody'), has: ['Match User root', 'AllowGroups root'] },
  { set: extra('ForceCommand', '/bin/false'), has: ['Match User root', 'ForceCommand none'] },
  { set: { permitRootLogin: 'no' }, has: ['Match Address 127.0.0.1', 'PermitRootLogin yes'] },
]

/** Where the shell has most to do. */
const some = lockOuts.filter((_, index) => index % 6 === 1)

test.each([
  ['dash', lockOuts],
  ['busybox sh', some],
] as const)('a setting that keeps out who makes it is told beforehand, under %s', (shell, cases) => {
  const seen = judge(
    cases.map(([, one]) => one),
    shell,
  )
  expect(seen.map(({ told, login }, index) => ({ told, login, set: cases[index]?.[1].set }))).toEqual(
    cases.map(([setting, { set }]) => ({ told: setting, login: 'out', set })),
  )
})

test('one that lets him in is not', () => {
  const seen = judge(letIn)
  expect(seen.map(({ told, login, asked }, index) => ({ told, login, asked, set: letIn[index]?.set }))).toEqual(
    letIn.map(({ set }) => ({ told: 'nothing', login: 'in', asked: true, set })),
  )
})

test.each([
  ['Port 2300', 'ListenAddress'],
  ['ListenAddress 127.0.0.2:2200', 'ListenAddress'],
  ['ListenAddress 127.0.0.1:2200', 'nothing'],
  ['Port 2200', 'nothing'],
])('where sshd would listen from our reload on, by a %s that it has not read: %s', (line, told) => {
  const set = { logLevel: 'VERBOSE' } as const
  const middle: Host = { name: 'middle', address: '203.0.113.20', user: 'root' }
  const asked = questionsFor(middle, [{ type: 'middle', input: { name: 'middle', host: middle, ...set } }])
  const { stdout } = inPrivateRoot(
    'dash',
    `${host()}echo 'Port 2200' >/mnt/port; cat /etc/ssh/sshd_config >>/mnt/port; cp /mnt/port /etc/ssh/sshd_config
    /usr/sbin/sshd -E /mnt/sshd.log; until [ -s /run/sshd.pid ]; do sleep 0.01; done
    touch -d '1 minute ago' /run/sshd.pid; sed -i '1s/.*/${line}/' /etc/ssh/sshd_config
    ${look(['look_tunnel', '_host'], ...asked)}kill "$(cat /run/sshd.pid)"`,
  )
  const on = parseSnapshot(stdout)
  const { status, what } = admits(on, 'middle')
  expect({ to: on.admission?.to, told: status === 'fail' ? what.split(' ')[0] : 'nothing' }).toEqual({
    to: { address: '127.0.0.1', port: 2200 },
    told,
  })
})

test.each([
  ['AllowUsers nobody', 'AllowUsers'],
  ['PermitRootLogin no', 'PermitRootLogin'],
  ['AllowUsers root', 'nothing'],
  // What may be misread has no control.
  ['ForceCommand /bin/false', 'nothing'],
])('what somebody else has written and sshd has not read counts, whatever of ours lets it: %s', (line, told) => {
  const other = '/etc/ssh/sshd_config.d/05-other.conf'
  const { stdout } = inPrivateRoot(
    'dash',
    `${host()}/usr/sbin/sshd -p 2200 -E /mnt/sshd.log; until [ -s /run/sshd.pid ]; do sleep 0.01; done
    touch -d '1 minute ago' /run/sshd.pid
    ${write(other, `${line}\n`)}touch -d '1 year ago' ${other}
    ${look(['look_tunnel', 'web'])}kill "$(cat /run/sshd.pid)"`,
  )
  const on = parseSnapshot(stdout)
  const { status, what, evidence } = admits(on, 'middle')
  expect(on.admission?.unread).toEqual(expect.arrayContaining([other]))
  expect(status === 'fail' ? what.split(' ')[0] : 'nothing').toBe(told)
  if (status === 'fail') expect(evidence).toContain(`sshd has not read ${other} yet`)
})

test('of what stands nobody is asked, nor without a connection', () => {
  const [again] = judge([{ set: { logLevel: 'ERROR' }, stands: { logLevel: 'ERROR' } }])
  expect(again).toMatchObject({ told: 'nothing', asked: false })
  const asked = scriptOf({ set: extra('DenyUsers', 'root') })
  const { stdout } = inPrivateRoot('dash', `${host()}unset SSH_CONNECTION\n${asked}`)
  expect(linesOf({ stdout, stderr: '' }).some(line => line.startsWith('admission'))).toBe(false)
})
