// Reading snapshots: what odd hosts print is read as far as it goes, and never throws.
import { parseSnapshot } from '../../engine/look/snapshot'
import { emptySnapshot } from './cases'

const record = (kind: string, name: string, value: string) =>
  `${kind}\x1f${name}\x1f${Buffer.from(value).toString('base64')}\n`

test('nothing at all is a host with nothing on it', () => {
  expect(parseSnapshot('')).toEqual(emptySnapshot)
  expect(emptySnapshot).toMatchObject({ nft: null, sshdError: null, missing: [] })
})

test.each([
  ['garbage', 'what is this?\n\x1f\x1f\x1f\n\n\x1f\n'],
  ['a record that breaks off', 'file 644\x1f/etc/x\x1fAAA'],
  ['JSON that breaks off', record('nft', '', '{"nftables": [')],
  ['JSON of another form', record('nft', '', '[1, null]')],
  ['a passwd line with too few fields', record('accounts', '', 'tun-a\n:::::::\n')],
  ['an effective value without a value', record('effective', 'tun-a', 'permitopen\n\nconstructor x\n__proto__ y\n')],
  ['units without names', record('units', '', 'ActiveState=active\n\n\nnonsense\n\nId=')],
  ['listeners of another form', record('listeners', '', 'LISTEN\n\nLISTEN 0 1 nocolon *\n')],
  ['bytes that are no UTF-8', 'file 644 root:root\x1f/etc/x\x1f/////w==\n'],
])('%s does not throw', (_what, text) => {
  expect(() => parseSnapshot(text)).not.toThrow()
})

test('listeners are read with address, port, program and user, of both families and with a zone', () => {
  const lines = [
    'LISTEN 0      128          0.0.0.0:22         0.0.0.0:*    users:(("sshd",pid=812,fd=3)) ino:1060 sk:5f8 cgroup:/ <->',
    'LISTEN 0      128             [::]:22            [::]:*    users:(("sshd",pid=812,fd=4)) uid:998 ino:1061 sk:5f9 <->',
    'LISTEN 0      4096   127.0.0.53%lo:53         0.0.0.0:*    uid:101 ino:7 sk:1 <->',
    'LISTEN 0      128  [fe80::20]%eth0:8080          [::]:*    uid:998 ino:8 sk:2 <->',
    'LISTEN 0      128  fe80::20%eth0:8081          [::]:*    uid:998 ino:9 sk:3 <->',
    'LISTEN 0      511                *:80               *:*    users:(("nginx",pid=9,fd=6),("nginx",pid=8,fd=6))',
  ]
  expect(parseSnapshot(record('listeners', '', lines.join('\n'))).listeners).toEqual([
    { address: '0.0.0.0', port: 22, program: 'sshd', pid: 812, uid: 0 },
    { address: '::', port: 22, program: 'sshd', pid: 812, uid: 998 },
    { address: '127.0.0.53', port: 53, program: '', pid: null, uid: 101 },
    { address: 'fe80::20%eth0', port: 8080, program: '', pid: null, uid: 998 },
    { address: 'fe80::20%eth0', port: 8081, program: '', pid: null, uid: 998 },
    { address: '*', port: 80, program: 'nginx', pid: 9, uid: 0 },
  ])
})

test('addresses are read from ip -o addr, also of a link with a peer', () => {
  const lines = [
    '1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever',
    '1: lo    inet6 ::1/128 scope host \\       valid_lft forever preferred_lft forever',
    '5: tun0    inet 10.0.0.1 peer 10.0.0.2/32 scope global tun0\\       valid_lft forever',
    '6: eth0    inet6 fe80::20/64 scope link \\       valid_lft forever',
  ]
  expect(parseSnapshot(record('addresses', '', lines.join('\n'))).addresses).toEqual([
    '127.0.0.1',
    '::1',
    '10.0.0.1',
    'fe80::20%eth0',
  ])
})

test('units are read by name; a keyword of sshd that stands twice has its values joined', () => {
  const units =
    'Id=tunnel-a.service\nActiveState=active\nExecStart={ path=/x ; argv[]=a=b }\n\nId=tunnel-b.service\nActiveState=failed\n'
  const seen = parseSnapshot(
    record('units', '', units) + record('effective', 'tun-a', 'permitopen a:1\npermitopen b:2\ngatewayports no\n'),
  )
  expect(seen.units).toEqual({
    'tunnel-a.service': { Id: 'tunnel-a.service', ActiveState: 'active', ExecStart: '{ path=/x ; argv[]=a=b }' },
    'tunnel-b.service': { Id: 'tunnel-b.service', ActiveState: 'failed' },
  })
  expect(seen.sshd['tun-a']).toEqual({ permitopen: 'a:1 b:2', gatewayports: 'no' })
})

test('what filters is unknown with a reason, also when nft prints something else than JSON', () => {
  const filter = (text: string) => {
    const { filter, filterReason } = parseSnapshot(text)
    return [filter, filterReason]
  }
  expect(filter(record('nft', '', '\n') + record('filterunknown', '', ''))).toEqual(['known', null])
  expect(filter(record('nft', '', '{"nftables": []}'))).toEqual(['known', null])
  expect(filter(record('filterunknown', '', 'no nft\n'))).toEqual(['unknown', 'no nft'])
  expect(filter(record('nft', '', 'table inet x'))).toEqual(['unknown', 'what nft prints is no JSON'])
})

test('the host key that the connection verified comes first, none comes twice, and what is none does not come', () => {
  const keyOf = (type: string, text: string) => {
    const fields = [type, text].flatMap(field => [Buffer.from([0, 0, 0, field.length]), Buffer.from(field)])
    return `${type} ${Buffer.concat(fields).toString('base64')}`
  }
  const [rsa, ed25519] = [keyOf('ssh-rsa', 'one'), keyOf('ssh-ed25519', 'two')]
  const text =
    record('hostkey', '/a.pub', `${rsa} root@x\n`) +
    record('hostkey', '/b.pub', `${ed25519} root@x\n`) +
    record('hostkey', '/c.pub', '@cert-authority * AAAA\n')
  expect(parseSnapshot(text, ed25519).hostKeys).toEqual([ed25519, rsa])
})
