// Settings of a host that others are reached through, by via or as ssh's own configuration has it: the real ssh tells that way, nobody answers there.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { conclude } from '../../engine/change/conclude'
import { makePool, usePool } from '../../engine/host/pool'
import { checkCarried } from '../../engine/look/carried'
import { checkJumps } from '../../engine/look/jumps'
import { readHosts, see } from '../../engine/look/look'
import { unitPath } from '../../engine/parts/paths'
import { deriveTunnel } from '../../engine/wish/tunnel'
import { loginId } from '../../schemas/machine'
import type { Host, Tunnel } from '../../schemas/types'
import { configured } from '../host/configured'
import { snapshotOf } from './cases'
import { asMiddle, asTunnel, healthy } from './foretell'

const bastion: Host = { name: 'bastion', address: '127.0.0.1', port: 1, user: 'ops', become: 'sudo' }
const web: Host = { name: 'web', address: '127.0.0.1', port: 2 }

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'jumps-'))
})
afterAll(() => {
  usePool(makePool())
  rmSync(folder, { recursive: true })
})

/** One who has looked at it, by ssh's configuration. */
async function meet(host: Host, ...lines: readonly string[]): Promise<void> {
  usePool(makePool({ environment: configured(folder, ...lines) }))
  expect((await readHosts([host], () => ({ names: [], questions: [] }))).away.size).toBe(1)
}

const jumping = ['Host web', '  ProxyJump gate', 'Host gate', '  HostName 127.0.0.1', '  Port 1', '  User ops']

/** What is told of settings of bastion's after which it connects nobody onward. */
function judge() {
  const values = { allowtcpforwarding: 'yes' }
  const login = {
    user: 'ops',
    isRoot: false,
    groups: [],
    from: '127.0.0.1',
    to: null,
    unread: [],
    keysNow: null,
    keysAfter: null,
  }
  const on = snapshotOf({ ...healthy, admission: { ...login, now: values, after: { allowtcpforwarding: 'no' } } })
  const declared = asMiddle({ name: 'bastion', host: bastion, allowTcpForwarding: 'no' })
  return checkJumps(see(declared, { snapshots: new Map([[loginId(bastion), on]]), away: new Map() }))
}

test('a host that ssh reaches through it by its own configuration would be out of reach, as one by via would', async () => {
  await meet({ ...web, sshConfig: true })
  expect(judge()).toEqual([])
  await meet({ ...web, sshConfig: true }, ...jumping)
  const expected = [{ code: 'locks-out', what: expect.stringContaining('web is reached through bastion, whose sshd') }]
  expect(judge()).toMatchObject(expected)
  await meet({ ...web, sshConfig: true })
  expect(judge()).toEqual([])
  const { name, port, user } = bastion
  await meet({ ...web, via: [{ name, address: '127.0.0.1', port, user }] })
  expect(judge()).toMatchObject(expected)
})

test('a tunnel that carries the login of its own client, by a ProxyJump, is not stopped', async () => {
  const client: Host = { ...web, sshConfig: true }
  const server: Host = { name: 'middle', address: '127.0.0.1' }
  const tunnel: Tunnel = { name: 'web', forward: 'remote', listen: '127.0.0.1:2', far: 'far:22', client, server }
  await meet(client, ...jumping)
  const service = deriveTunnel(tunnel, {}).placed.find(placed => placed.kind === 'service')
  if (service?.kind !== 'service') throw new Error('no service')
  const files = { [unitPath(service.at.unit)]: service.at.text.split('\n') }
  const snapshots = new Map(
    [client, server].map(host => [loginId(host), snapshotOf({ ...healthy, files: { ...healthy.files, ...files } })]),
  )
  expect(
    checkCarried(see(asTunnel({ ...tunnel, enabled: false }), { snapshots, away: new Map() }), false),
  ).toMatchObject([{ code: 'carries-login' }])
  expect(checkCarried(see(asTunnel(tunnel), { snapshots, away: new Map() }), false)).toEqual([])
  expect(checkCarried(see(asTunnel(tunnel), { snapshots, away: new Map() }), true)).toMatchObject([
    { code: 'carries-login' },
  ])
})

test('a fresh login gets the time of each hop that ssh has on the way', async () => {
  const asked: string[][] = []
  const reached = (stdout: string) => ({
    close: () => {},
    run: async (_: unknown, args: string[]) => {
      asked.push(args)
      return { stdout, stderr: '', code: 0 }
    },
  })
  const guard = { run: 'r', window: 20, tried: '', cutsOff: false, arm: () => '' }
  const host = { ...web, sshConfig: true }
  await meet(host, ...jumping)
  usePool({ ...makePool(), connectAfresh: async () => reached('confirmed') as never })
  const ran = { stdout: 'armed r\n', stderr: '', code: 0 }
  expect(await conclude(host, guard, reached('extended') as never, ran)).toBeNull()
  expect(asked).toEqual([['r', 'extend', '60'], ['r']])
})
