// The way into a host to which there is no key: what is before the login is asked, and what nobody could ask is never called well.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { diagnose } from '../../engine/diagnose'
import { closeAll } from '../../engine/host/pool'
import type { Host } from '../../schemas/types'
import { type Lab, makeLab, readPublicKey, type Sshd } from '../host/sshd'
import { tellNobody } from './company'

let lab: Lab
let sshd: Sshd

beforeAll(async () => {
  lab = makeLab()
  sshd = await lab.startSshd('middle')
})
afterAll(async () => {
  closeAll()
  await lab?.end()
})

/** The way into middle, from the first link to the one that fails. */
async function wayInto(middle: Host) {
  const near = { name: 'near', local: true } as const
  const input = {
    name: 'web',
    forward: 'remote',
    listen: '127.0.0.1:2100',
    far: 'far:22',
    client: near,
    server: middle,
  } as const
  const [found] = await diagnose([{ type: 'tunnel', input }], { owner: 'me' }, tellNobody)
  const of = found?.checks.filter(({ host, status }) => host === 'middle' && status !== 'not judged') ?? []
  return of.map(({ link, status, code }) => `${link}: ${code ?? status}`)
}

const jumpOf = ({ port, hostKey }: Sshd) => ({
  name: 'bastion',
  address: '127.0.0.1',
  port,
  hostKey,
  identityFile: lab.identityFile,
})
const nowhere = { name: 'middle', address: 'nosuchname.invalid', hostKey: '', identityFile: '/nonexistent/key' }

test.each<[string, () => Host, string[]]>([
  ['a name that leads nowhere', () => ({ ...nowhere, hostKey: sshd.hostKey }), ['name resolved: name-unresolved']],
  [
    'a port that nobody has',
    () => ({ ...sshd.host, port: 1, identityFile: '/nonexistent/key' }),
    ['name resolved: ok', 'reached: host-unreachable'],
  ],
  [
    'another host key',
    () => ({ ...sshd.host, hostKey: readPublicKey(lab.identityFile), identityFile: '/nonexistent/key' }),
    ['name resolved: ok', 'reached: ok', 'host key: host-key-mismatch'],
  ],
  [
    'all well but the key',
    () => ({ ...sshd.host, identityFile: '/nonexistent/key' }),
    ['name resolved: ok', 'reached: ok', 'host key: ok', 'login: identity-file-missing'],
  ],
  [
    'a jump host to which there is no key',
    () => ({ ...sshd.host, via: [{ ...jumpOf(sshd), identityFile: '/nonexistent/key' }] }),
    ['name resolved: unknown', 'reached: unknown', 'host key: unknown', 'login: identity-file-missing'],
  ],
  [
    'a name that a jump host cannot resolve',
    () => ({
      ...nowhere,
      hostKey: sshd.hostKey,
      identityFile: lab.identityFile,
      via: [jumpOf(sshd)],
    }),
    ['name resolved: unknown', 'reached: host-unreachable'],
  ],
  [
    'a command that makes no connection',
    () => ({ ...sshd.host, proxyCommand: 'echo no such host >&2; exit 1' }),
    ['name resolved: unknown', expect.stringMatching(/^reached: /)],
  ],
  [
    'known_hosts that cannot be read',
    () => {
      const { hostKey: _hostKey, ...host } = sshd.host
      writeFileSync(join(lab.dir, 'file'), '')
      return { ...host, knownHosts: join(lab.dir, 'file/known_hosts') }
    },
    ['name resolved: unknown', 'reached: unknown', 'host key: known-hosts-unreadable'],
  ],
])('%s', async (_what, middle, way) => {
  expect(await wayInto(middle())).toEqual(way)
})
