// Match lines of sshd's, as to whether they are about a tunnel's connection.
import { isAbout, isUserIn } from '../../engine/parts/sshd-match'

const coming = { account: 'tun-web', address: '198.51.100.10', server: { address: '203.0.113.20', port: 22 } }

test.each<[string, boolean | null]>([
  ['all', true],
  ['User tun-web', true],
  ['user=tun-web', true],
  ['User tun-*,!tun-web', false],
  ['User !tun-web', false],
  ['User !admin', false],
  ['User *,!admin', true],
  ['User admin,tun-we?', true],
  ['Group tun-web', true],
  ['Group staff', false],
  ['Address 198.51.100.0/24', true],
  ['Address 198.51.100.10', true],
  ['Address 198.51.*', true],
  ['Address 192.0.2.0/24,2001:db8::/32', false],
  ['Address *,!198.51.100.0/24', false],
  ['Host *', true],
  ['Host near.example', null],
  ['Host 198.51.100.10', true],
  ['Host *.example', null],
  ['LocalAddress 203.0.113.20', true],
  ['LocalPort 22', true],
  ['LocalPort 2200,2201', false],
  ['User tun-* LocalPort 22', true],
  ['User tun-* LocalPort=2200', false],
  ['User admin Host near.example', false],
  ['User tun-web Host near.example', null],
  ['RDomain blue', null],
  ['Version OpenSSH_9*', null],
])('%s is about it: %s', (line, answer) => {
  expect(isAbout(line.split(' '), coming)).toBe(answer)
})

test('what is not known of a connection only sshd can tell', () => {
  const vague = { account: 'tun-web', address: 'near.example', server: null }
  for (const line of [
    'Address 198.51.100.10',
    'LocalAddress 203.0.113.20',
    'LocalPort 22',
    'Address *,!198.51.100.0/24',
  ])
    expect(isAbout(line.split(' '), vague)).toBeNull()
  expect(isAbout(['Address', '*'], vague)).toBe(true)
})

test.each<[string, boolean | null]>([
  ['tun-web', true],
  ['tun-*', true],
  ['tun-*@198.51.100.*', true],
  ['tun-*@198.51.100.0/24', true],
  ['tun-*@192.0.2.1', false],
  ['tun-*@near.example', null],
  ['admin@198.51.100.10', false],
  ['!tun-web', false],
])('%s names the account: %s', (pattern, answer) => {
  expect(isUserIn(pattern, coming)).toBe(answer)
})
