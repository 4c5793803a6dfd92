// OpenSSH's own regression tests of forwarding control, against what we generate: whatever their configuration would let the account do, ours
// says in its place (test/judges/openssh), and their assertions have to hold.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { authorizedOptions, matchText, permissionFor } from '../../engine/parts/least-privilege'
import { type ImageName, type Lab, startLab } from '../../lab'
import { baseTree } from '../../lab/base-tree'
import { command, must } from '../../lab/command'
import type { Address } from '../../schemas/address'
import type { Forward } from '../../schemas/forward'
import { find } from './found'

const minutes = 60_000
const judges = join(__dirname, '../judges')
const columns: Readonly<Partial<Record<ImageName, string>>> = { bookworm: 'Debian 12', trixie: 'Debian 13' }

const scripts = ['forward-control', 'cfgmatch', 'cfgmatchlisten', 'dynamic-forward', 'forwarding'] as const

const chained = [0, 1, 2].flatMap(tens => [0, 1, 2].map(ones => 3350 + 10 * tens + ones))
/** What a policy that names none stands for here: all that the scripts ask for, one by one. */
const everything = {
  opens: ['127.0.0.1:4242', 'localhost:4242', '127.0.0.1:3301', ...chained.map(port => `127.0.0.1:${port}`)],
  listens: [
    '127.0.0.1:3321',
    'localhost:4243',
    ...[3301, 3302, 3303, 3304, ...chained].map(port => `localhost:${port}`),
  ],
}
/** The lists in their configurations and keys, as sshd -T prints them. */
const openLists = [
  '127.0.0.1:22,127.0.0.2:22',
  '127.0.0.1:22,127.0.0.1:4242,127.0.0.2:22',
  '127.0.0.1:22,127.0.0.1:4242',
  '127.0.0.1:1',
  '127.0.0.1:4242',
  '127.0.0.1:2,127.0.0.1:3,127.0.0.1:4242',
  '127.0.0.1:1,127.0.0.1:2',
  '127.0.0.1:1,127.0.0.1:4242,127.0.0.2:2',
]
const listenLists = [
  '127.0.0.1:22,127.0.0.2:3321',
  '127.0.0.1:22,127.0.0.1:3321,127.0.0.2:3321',
  '127.0.0.1:1',
  '127.0.0.1:2,127.0.0.1:3,localhost:3301',
  'localhost:3301',
  '127.0.0.1:1,*:3301,127.0.0.2:2',
  '*:1,*:2,*:99',
  '127.0.0.1:1,localhost:3301,127.0.0.2:2',
  '127.0.0.1:1,127.0.0.1:2',
  '127.0.0.1:1,127.0.0.1:3301,127.0.0.2:2',
  '127.0.0.1:3301',
  '3301',
  '99',
]

const addressOf = (text: string): Address => {
  const [, host = '*', port] = /^(?:(.*):)?(\d+)$/.exec(text) ?? []
  return { kind: 'tcp', host, port: Number(port) }
}
const somewhere = addressOf('127.0.0.1:9')
const forwardsFor = (allow: string, opens: readonly string[], listens: readonly string[]): Forward[] => [
  ...(allow === 'yes' || allow === 'local'
    ? opens.map(far => ({ type: 'local', listen: somewhere, far: addressOf(far), opens: [far] }) as const)
    : []),
  ...(allow === 'yes' || allow === 'remote'
    ? listens.map(listen => ({ type: 'remote', listen: addressOf(listen), far: somewhere, opens: [] }) as const)
    : []),
]

/** As a file each: a block for sshd, and options for a key. */
function writePolicies(folder: string): void {
  mkdirSync(folder)
  const alive = { interval: 30, countMax: 3 }
  const listOf = (list: string, all: readonly string[]) => (list === 'any' ? all : list.split(','))
  for (const allow of ['yes', 'local', 'remote', 'no']) {
    for (const opens of ['any', ...openLists]) {
      for (const listens of ['any', ...listenLists]) {
        const forwards = forwardsFor(allow, listOf(opens, everything.opens), listOf(listens, everything.listens))
        const name = `${allow}_${opens}_${listens}`
        const block = matchText('tun-judged', permissionFor(forwards, alive, '/judge/keys', '0600'), '/judge/keys')
        writeFileSync(join(folder, `sshd_${name}`), block)
        writeFileSync(join(folder, `key_${name}`), authorizedOptions(forwards))
      }
    }
  }
}

describe.each(Object.entries(columns) as [ImageName, string][])('%s', (image, column) => {
  let lab: Lab
  beforeAll(async () => {
    const tree = await baseTree(() => {}, image)
    const regress = await must([join(judges, 'find-openssh-tests.sh'), tree], { timeoutMs: 5 * minutes })
    lab = await startLab({ images: { middle: image }, log: () => {} })
    const folder = mkdtempSync(join(tmpdir(), 'judge-'))
    cpSync(join(judges, 'openssh'), folder, { recursive: true })
    cpSync(regress, join(folder, 'regress'), { recursive: true })
    writePolicies(join(folder, 'policies'))
    mkdirSync(join(folder, 'bin'))
    writeFileSync(join(folder, 'bin/whoami'), '#!/bin/sh\necho tun-judged\n', { mode: 0o755 })
    const packed = execFileSync('tar', ['-C', folder, '-cf', '-', '.'], { maxBuffer: 2 ** 28 })
    rmSync(folder, { recursive: true })
    const unpack = 'mkdir -m 755 /judge && tar -C /judge --no-same-owner -xf - && chmod 755 /judge'
    await must(lab.argvIn('middle', ['/bin/sh', '-c', unpack]), { input: packed })
    // With a shell, so that it is sshd alone that keeps it from anything.
    await lab.hosts.middle.sh('useradd --shell /bin/sh --password "*" tun-judged && : >/judge/keys')
  }, 10 * minutes)
  afterAll(() => lab?.stop())

  test.each(scripts)(
    '%s',
    async script => {
      const text = `cd /judge/regress && rm -f ../missing failed-*
        export PATH=/judge/bin:$PATH OBJ=$PWD BUILDDIR=$PWD TEST_SHELL=sh TEST_SSH_PORT=4242 TEST_SSH_UNSAFE_PERMISSIONS=1
        export TEST_SSH_SSH=/judge/ssh TEST_SSH_SSHD=/judge/sshd TEST_SSH_SFTPSERVER=/usr/lib/openssh/sftp-server
        export TEST_SSH_SSHD_SESSION=/usr/lib/openssh/sshd-session TEST_SSH_SSHD_AUTH=/usr/lib/openssh/sshd-auth
        sh test-exec.sh $OBJ $OBJ/${script}.sh 2>&1
        cat ../missing failed-regress.log 2>/dev/null`
      const { stdout } = await command(lab.argvIn('middle', ['/bin/sh', '-c', text]), { timeoutMs: 9 * minutes })
      const lines = stdout.split('\n')
      const failed = lines.filter(line => /^(FAIL|FATAL): |no policy was generated/.test(line))
      const checked = lines.filter(line => / done \(expecting/.test(line)).length
      // Each script says so at its end.
      const holds = failed.length === 0 && /^ok /m.test(stdout)
      const answer = !holds ? '**no**' : checked > 0 ? `yes, ${checked} of ${checked}` : 'yes'
      find({ table: 'openssh-tests', row: `${script}.sh`, column, answer })
      expect({ failed, said: holds ? '' : stdout }).toEqual({ failed: [], said: '' })
    },
    10 * minutes,
  )
})
