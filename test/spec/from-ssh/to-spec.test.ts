// What is adopted is a spec that validates, of the same tunnels, whatever the line.
import fc from 'fast-check'
import { explain } from '../../../engine/wish/explain'
import { parseSpec } from '../../../spec'
import { type Adopting, draftSpec, readCommand, readProcess, readStartLines } from '../../../spec/from-ssh'
import { handLine } from '../../arbitraries'
import { tries } from '../../tries'
import { unsafe } from '../../unsafe'

const near: Adopting['client'] = {
  name: 'near',
  host: { local: true },
  addresses: ['198.51.100.10', '127.0.0.1', '::1'],
}
const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIepJ4ZIVwaTDLrLFCFTpvMaxYvcfRsPSpXbIQgPEiPr'
const known = { hostKey: () => ({ key, place: 'known_hosts:1' }) }
const draft = (...texts: string[]) =>
  draftSpec(
    texts.map(text => {
      const { found } = readCommand(text)
      if (!found) throw new Error(`not read: ${text}`)
      return { hand: found, client: near, from: null }
    }),
    known,
  )
const resolved = (text: string) => {
  const { spec, problems } = parseSpec(text, 'f')
  expect(problems).toEqual([])
  return spec
}

test("the tutorial's line: the machine that it names is the client", () => {
  const { text, notAdopted } = draft('ssh -N -L 209.239.112.134:110:server935:22 root@209.239.112.134')
  expect(notAdopted).toEqual([])
  expect(resolved(text)?.tunnels).toMatchObject([
    {
      ...{ forward: 'local', listen: '209.239.112.134:110', far: 'server935:22' },
      client: { name: 'middle', address: '209.239.112.134', hostKey: key },
      server: { name: 'middle' },
    },
  ])
  expect(text).not.toContain('near')
})

test.each([
  [
    'autossh -M 0 -N -L 203.0.113.20:110:server935:22 root@127.0.0.1',
    { name: 'middle', address: '203.0.113.20', user: 'root' },
    { name: 'middle' },
    [],
  ],
  [
    'ssh -N -p 2222 -L 203.0.113.20:110:127.0.0.1:22 joe@192.0.2.130',
    { name: 'middle', address: '203.0.113.20', user: 'root' },
    { name: 'far', address: '192.0.2.130', port: 2222, user: 'joe' },
    ['host middle: FILL IN: the line names no user; an administrator, who may become root'],
  ],
])('where the address is of a machine that is neither, that one is the client: %s', (line, client, server, toDo) => {
  const { text, toDo: all } = draft(line)
  expect(resolved(text)?.tunnels).toMatchObject([{ forward: 'local', client, server }])
  expect(text).not.toMatch(/near|local: true/)
  expect(all.filter(one => one.includes('FILL IN'))).toEqual(toDo)
  expect(text).toContain("# -L listens where ssh runs, and 203.0.113.20 is middle's: so middle is the client")
})

test('a name counts by where it leads', () => {
  const { found: hand } = readCommand('ssh -N -L 203.0.113.20:110:f:22 root@shop')
  if (!hand) throw new Error('not read')
  const { text } = draftSpec([{ hand, client: near, from: null, leadsTo: ['203.0.113.20'] }], known)
  expect(resolved(text)?.tunnels).toMatchObject([{ client: { name: 'shop' }, server: { name: 'shop' } }])
})

test('one host for all lines that go to it, with keepalive, jumps and keys', () => {
  const { text, adopted } = draft(
    'ssh -N -J joe@bastion:2200 -i ~/.ssh/k -o ServerAliveInterval=15 -R 8080:a:1 bob@m',
    'ssh -N -J joe@bastion:2200 -L 5432:db:5432 bob@m',
  )
  expect(adopted.map(({ name }) => name)).toEqual(['a-1', 'db-5432'])
  const spec = resolved(text)
  expect(Object.keys(spec?.hosts ?? {})).toEqual(['near', 'bastion', 'm'])
  expect(spec?.tunnels[0]).toMatchObject({
    ...{ forward: 'remote', listen: 'localhost:8080', serverAlive: { interval: 15 } },
    server: {
      user: 'bob',
      become: 'sudo',
      identityFile: '~/.ssh/k',
      via: [{ address: 'bastion', port: 2200, user: 'joe' }],
    },
  })
})

test('rights that go are told, also those that no option gives', () => {
  const [one] = draft('ssh -A -o StrictHostKeyChecking=no -L 8080:a:1 root@m').adopted
  expect(one?.taken).toEqual([
    expect.stringMatching(/^it starts a shell on m as root/),
    'root on m: ours is an account without a shell',
    expect.stringMatching(/^any other forward through m/),
    expect.stringMatching(/^-A: the agent's keys/),
    expect.stringMatching(/^-o StrictHostKeyChecking: a host key that nobody has looked at/),
  ])
})

test('a configuration that the line names is to be read, and -K gives credentials away', () => {
  const { adopted, toDo } = draft('ssh -F ~/work.conf -K -N -L 8080:a:1 root@m')
  expect(toDo).toContain('ssh_config ~/work.conf makes a part of this tunnel: read it with --config ~/work.conf m')
  expect(adopted[0]?.options).toContainEqual(expect.objectContaining({ written: '-F', kind: 'unknown' }))
  expect(adopted[0]?.taken).toContain('-K: Kerberos credentials on the server')
  const none = draft('ssh -F none -N -L 8080:a:1 root@m')
  expect(none.toDo.join()).not.toContain('ssh_config')
  expect(none.adopted[0]?.options).toContainEqual(expect.objectContaining({ written: '-F', kind: 'ours' }))
})

test('a file of variables that was not read is to be looked at', () => {
  const text = '[Service]\nEnvironmentFile=/etc/default/nope\nExecStart=/usr/bin/ssh -N -L 8080:a:1 root@m\n'
  const { found } = readStartLines({ name: 'a.service', text })
  const { toDo } = draftSpec(
    found.map(hand => ({ hand, client: near, from: 'a.service' })),
    known,
  )
  expect(toDo).toContain(
    'EnvironmentFile /etc/default/nope (a.service:2) was not read: what it sets holds over what stands in the unit',
  )
})

test('a dynamic forward is one of a spec', () => {
  const { text, notAdopted } = draft('ssh -N -D 1080 root@203.0.113.20')
  expect(notAdopted).toEqual([])
  expect(text).toMatch(/proxy-1080:[\s\S]* forward: dynamic\n +listen: localhost:1080\n/)
  expect(text).not.toContain('far:')
  const [input] = resolved(text)?.tunnels ?? []
  if (!input) throw new Error('no tunnel')
  const { command, parts } = explain({ type: 'tunnel', input: { ...input, owner: 'me' } })
  expect(command?.text).toMatch(/^ssh -N -D localhost:1080 .*@203\.0\.113\.20$/)
  expect(parts.flatMap(({ lines }) => lines.map(line => line.text.trim()))).toContain('PermitOpen any')
})

test('of a proxy it is not said that it opens one forward, and permitOpen is to be looked at; each tunnel has its own rights', () => {
  const { adopted, toDo } = draft('ssh -N -D 1080 -L 8080:a:1 root@203.0.113.20')
  const [proxy, local] = adopted
  expect(proxy?.taken).toEqual([
    expect.stringMatching(/; ours only dials for its visitors, and without permitOpen whatever they name \(/),
    'root on middle: ours is an account without a shell',
    'listeners on middle (-R): sshd lets ours open none',
  ])
  expect(local?.taken).toContain('any other forward through middle: sshd lets ours open 8080:a:1 alone')
  expect(toDo.filter(one => one.includes('permitOpen'))).toEqual([
    'tunnel proxy-1080: its account may dial anything that middle reaches: write permitOpen: [HOST:PORT, ...] to allow that alone',
  ])
})

test.each([
  ['ssh -N -R 1080 m', 'a spec has no proxy that its server listens for'],
  ['ssh -N -D 0.0.0.0:1080 m', 'is a proxy for everybody'],
  ['ssh -N -R 8080:/tmp/site.sock m', 'ssh does not see /tmp/site.sock'],
  ['ssh -N -L ./run/a:b:1 m', 'listen '],
  ['ssh -N -L name:8080:a:1 m', 'listen wants an IP address'],
])('%s is not adopted, and says why', (text, why) => {
  const { text: yaml, notAdopted } = draft(text)
  expect(yaml).toBe('')
  expect(notAdopted).toMatchObject([{ why: expect.stringContaining(why), line: 1 }])
})

test('sockets are sockets of a spec, with the mode that ssh gives them', () => {
  const { text, adopted, notAdopted, toDo } = draft(
    'ssh -N -o StreamLocalBindMask=0111 -o StreamLocalBindUnlink=yes -L /run/app/db.sock:db:5432 -L 8080:/var/run/docker.sock root@203.0.113.20',
    'ssh -N -R /run/page.sock:127.0.0.1:80 -R 8081:/run/site.sock root@203.0.113.20',
    'ssh -N -L /tmp/x.sock:/run/.s.PGSQL.5432 root@203.0.113.20',
  )
  expect(notAdopted).toEqual([])
  expect(resolved(text)?.tunnels).toMatchObject([
    { name: 'db-5432', forward: 'local', listen: '/run/app/db.sock', far: 'db:5432', socketMode: '0666' },
    { name: 'docker', forward: 'local', listen: 'localhost:8080', far: '/var/run/docker.sock' },
    { name: 'port-80', forward: 'remote', listen: '/run/page.sock', far: '127.0.0.1:80' },
    { name: 'site', forward: 'remote', listen: 'localhost:8081', far: '/run/site.sock' },
    { name: 's-pgsql-5432', listen: '/var/lib/ssh-tunnels-sockets/s-pgsql-5432/x.sock', far: '/run/.s.PGSQL.5432' },
  ])
  expect(text.match(/socketMode/g)).toHaveLength(1)
  expect(text).toContain('# ssh’s unit has a folder of its own in that place')
  expect(toDo.filter(one => one.startsWith('tunnel '))).toEqual([
    'tunnel db-5432: tun-db-5432 has to be let into /run/app of near; or listen in /var/lib/ssh-tunnels-sockets/db-5432/, which the deploy makes',
    "tunnel docker: tun-docker has to be let in to /var/run/docker.sock of middle, by its group or the service's own setting",
    'tunnel port-80: tun-port-80 has to be let into /run of middle; or listen in /var/lib/ssh-tunnels-sockets/port-80/, which the deploy makes',
    "tunnel site: tun-site has to be let in to /run/site.sock of near, by its group or the service's own setting",
    'tunnel s-pgsql-5432: it listens on /var/lib/ssh-tunnels-sockets/s-pgsql-5432/x.sock of near, and no more on /tmp/x.sock: tell the programs there',
    "tunnel s-pgsql-5432: tun-s-pgsql-5432 has to be let in to /run/.s.PGSQL.5432 of middle, by its group or the service's own setting",
  ])
  expect(adopted[0]?.options.map(({ written, kind }) => [written, kind])).toContainEqual([
    '-o StreamLocalBindMask',
    'kept',
  ])
  expect(adopted[1]?.taken).toContain(
    'any other forward through middle: sshd lets ours open 8080:/var/run/docker.sock alone',
  )
})

test('a mask that is none is told', () => {
  const { found, problems } = readCommand('ssh -N -o StreamLocalBindMask=rw -L /run/a:b:1 m')
  expect(found).toBeNull()
  expect(problems).toMatchObject([{ code: 'bad-number', message: expect.stringContaining('no mask in octal') }])
})

test('link-local addresses keep their interface', () => {
  const { text, notAdopted } = draft("ssh -N -L '[fe80::1%eth0]:8080:[fe80::2%eth1]:80' root@fe80::3%eth2")
  expect(notAdopted).toEqual([])
  expect(resolved(text)?.tunnels).toMatchObject([
    { listen: '[fe80::1%eth0]:8080', far: '[fe80::2%eth1]:80', server: { address: 'fe80::3%eth2' } },
  ])
})

test('whatever the line, the spec validates, each forward is in it or told, and nothing steers a terminal', () => {
  fc.assert(
    fc.property(fc.array(handLine, { minLength: 1, maxLength: 3 }), lines => {
      const hands = lines.flatMap(({ words }) => readProcess(['ssh', ...words]).found ?? [])
      const { text, adopted, notAdopted } = draftSpec(
        hands.map(hand => ({ hand, client: near, from: 'pid 7' })),
        known,
      )
      const count = hands.reduce((sum, { forwards }) => sum + Math.max(1, forwards.length), 0)
      expect(adopted.length + notAdopted.length).toBe(count)
      if (adopted.length > 0) {
        const { spec, problems } = parseSpec(text, 'f')
        expect(problems).toEqual([])
        expect(spec?.tunnels.map(({ name }) => name)).toEqual(adopted.map(({ name }) => name))
      }
      expect(text).not.toMatch(unsafe)
    }),
    tries(200),
  )
})
