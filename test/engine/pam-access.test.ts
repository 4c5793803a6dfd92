// access.conf(5) and the stacks that ask for it: who is kept out by which line, and where only PAM itself can tell.
import { findAccessBar } from '../../engine/parts/pam-access'
import { snapshotOf } from './cases'

const conf = '/etc/security/access.conf'
const debian = {
  '/etc/pam.d/sshd': ['# sshd', 'account  required     pam_nologin.so', 'account required pam_access.so'],
}
function bar(files: Record<string, string[]>, address: string | null = '198.51.100.10'): string | null {
  const found = findAccessBar(snapshotOf({ files }), { account: 'tun-web', address })
  return found && (found.sure ? found.line : `perhaps ${found.line}`)
}

test.each<[string[], string | null]>([
  [['- : ALL : ALL'], `${conf}:1`],
  [['# all', '+ : root admin : ALL', '-:ALL:ALL'], `${conf}:3`],
  [['+ : tun-web : ALL', '- : ALL : ALL'], null],
  [['+ : (tun-web) : 198.51.100.0/24', '- : ALL : ALL'], null],
  [['+ : tun-web : 198.51.100.', '- : ALL : ALL'], null],
  [['+ : tun-web : 192.0.2.0/24, 198.51.100.11', '- : ALL : ALL'], `${conf}:2`],
  [['- : ALL EXCEPT root tun-web : ALL'], null],
  [['- : ALL EXCEPT root wheel : ALL'], `${conf}:1`],
  [['- : ALL : ALL EXCEPT 198.51.100.0/24'], null],
  [['- : ALL : 198.51.100.10 EXCEPT 2001:db8::/32'], `${conf}:1`],
  // Only PAM knows whether these are we.
  [['+ : @people : ALL', '- : ALL : ALL'], `perhaps ${conf}:1`],
  [['+ : ALL : LOCAL', '- : ALL : ALL'], `perhaps ${conf}:1`],
  [['+ : ALL : near.example', '- : ALL : ALL'], `perhaps ${conf}:1`],
  [['# staff', '- : @people : ALL'], `perhaps ${conf}:2`],
  [['- : ALL : ALL EXCEPT @hosts'], `perhaps ${conf}:1`],
  [['- : @people : ALL', '+ : tun-web : ALL', '- : ALL : ALL'], `perhaps ${conf}:1`],
  // Whoever they are, it comes to the same.
  [['+ : @people : ALL', '+ : tun-web : ALL', '- : ALL : ALL'], null],
  [['- : @people : ALL', '- : ALL : ALL'], `${conf}:2`],
  [['- : @people tun-web : ALL'], `${conf}:1`],
  [['+ : @people : ALL'], null],
  [[], null],
])('with %j the line that keeps the account out is %s', (lines, line) => {
  expect(bar({ ...debian, [conf]: lines })).toBe(line)
})

test('it is asked for in the account stack of sshd, through whatever that includes, and nowhere else', () => {
  const closed = { [conf]: ['- : ALL : ALL'] }
  const line = `${conf}:1`
  const asks = ['auth required pam_env.so', 'account [default=bad success=ok] pam_access.so nodefgroup']
  expect(
    bar({ ...closed, '/etc/pam.d/sshd': ['account include password-auth'], '/etc/pam.d/password-auth': asks }),
  ).toBe(line)
  expect(bar({ ...closed, '/etc/pam.d/sshd': ['@include common'], '/etc/pam.d/common': asks })).toBe(line)
  expect(bar({ ...closed, '/etc/pam.d/sshd': ['@include sshd', '#account required pam_access.so'] })).toBeNull()
  expect(bar({ ...closed, '/etc/pam.d/sshd': ['session required pam_access.so'], '/etc/pam.d/login': asks })).toBeNull()
  const apart = ['# sshd', 'account required pam_access.so listsep=,']
  expect(bar({ ...closed, '/etc/pam.d/sshd': apart })).toBe('perhaps /etc/pam.d/sshd:2')
  const own = { '/etc/pam.d/sshd': ['account required /lib/security/pam_access.so accessfile=/etc/ssh.access'] }
  expect(bar({ ...own, '/etc/ssh.access': ['', '- : ALL : ALL'] })).toBe('/etc/ssh.access:2')
  expect(bar({ ...debian, '/etc/security/access.d/a.conf': ['- : ALL : ALL'] })).toBe('/etc/security/access.d/a.conf:1')
})

test('without an address only what is about all of them counts', () => {
  expect(bar({ ...debian, [conf]: ['- : ALL : ALL'] }, null)).toBe(`${conf}:1`)
  expect(bar({ ...debian, [conf]: ['+ : tun-web : 198.51.100.10', '- : ALL : ALL'] }, 'near')).toBe(`perhaps ${conf}:1`)
})
