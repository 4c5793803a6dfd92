// The flags of init: all that is wrong with them is told at once, before a host is asked.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { judgeFlags } from '../../cli/init/judge-flags'

const judged = (flags: Readonly<Record<string, string>>) => judgeFlags(flag => flags[flag])

test('nothing is dialled while one of them is wrong', () => {
  const program = join(__dirname, '../../dist/ssh-tunnels.cjs')
  // Nobody listens on port 1: whoever dialled would tell that.
  const middle = ['--middle', 'root@127.0.0.1:1', '--from', 'middle', '--via', 'root@']
  const words = ['init', '/no/such.yaml', '--force', ...middle, '--far', 'localhost', '--listen', '80800']
  const { status, stderr } = spawnSync('node', [program, ...words, '--allow-from', 'foo', '--name', 'A B'], {
    encoding: 'utf8',
  })
  expect(status).toBe(1)
  expect(stderr.trimEnd().split('\n')).toEqual([
    expect.stringMatching(/^root@ is no jump host; /),
    expect.stringMatching(/^far has no port; /),
    expect.stringMatching(/^listen has a port that is not a number from 1 to 65535: 80800; /),
    expect.stringContaining('foo'),
    expect.stringMatching(/^A B cannot be the name of a tunnel; /),
  ])
})

test.each<Readonly<Record<string, string>>>([
  {},
  { middle: 'root@middle.example', listen: '203.0.113.5:80', 'allow-from': '198.51.100.0/24' },
  { middle: 'root@203.0.113.20', listen: '203.0.113.5:80', 'allow-from': '198.51.100.0/24' },
  { middle: 'middle.example via jump.example', listen: '8080', 'allow-from': '2001:db8::/32' },
  { middle: 'root@[2001:db8::20]:2222', from: 'here', listen: '8080', far: 'localhost:80' },
  {
    middle: 'root@203.0.113.20',
    from: 'admin@near.example via middle',
    listen: '0.0.0.0:80',
    'allow-from': 'everybody',
  },
  { middle: 'root@203.0.113.20', from: 'middle', listen: '127.0.0.1:80' },
])('what only hosts tell is not judged yet: %j', flags => {
  expect(judged(flags)).toEqual([])
})

test('a login that is none, and a machine that is none', () => {
  expect(judged({ middle: 'a b', from: 'c d' })).toEqual([
    expect.stringMatching(/^a b is no login; /),
    expect.stringMatching(/^c d is neither here nor middle, /),
  ])
})
