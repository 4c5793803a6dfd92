// Every kind of forward from every client: deployed, proved, watched for drift, changed in place and gone without a trace; and a server at a link-local address.
import { type HostName, type Lab, startLab } from '../../lab'
import { must } from '../../lab/command'
import { netnsOf, readState } from '../../lab/state'
import { fetchPage, fingerprints, hostsOf, makeStack, names, type Stack } from '../lab/stack'

let lab: Lab
let stack: Stack
let before: Awaited<ReturnType<typeof fingerprints>>

beforeAll(async () => {
  lab = await startLab()
  stack = await makeStack(lab)
  before = await fingerprints(lab)
})
afterAll(async () => {
  await lab?.stop()
  stack?.remove()
})

const serverOf: Readonly<Record<HostName, HostName>> = { near: 'middle', middle: 'far', far: 'middle' }

/** Each leads to the sshd of the host that dials, so a remote one is a service that publishes itself. */
function every(from: number) {
  const host = hostsOf(lab)
  const rows = names.flatMap((name, at) => {
    const [port, server] = [from + at, serverOf[name]]
    const ends = { client: host(name), server: host(server), far: '127.0.0.1:22' }
    return [
      [`${name}-remote`, { ...ends, forward: 'remote', listen: `${lab.hosts[server].address}:${port}` }],
      [`${name}-local`, { ...ends, forward: 'local', listen: `localhost:${port + 10}` }],
      [
        `${name}-dynamic`,
        { ...ends, forward: 'dynamic', listen: `127.0.0.1:${port + 20}`, permit_open: ['127.0.0.1:22'] },
      ],
    ] as const
  })
  return Object.fromEntries(rows)
}

const proofs = () => Object.keys(every(0)).map(name => [name, stack.attributes(name).proof.answered])
const proved = () => Object.keys(every(0)).map(name => [name, true])

test('all of them come up, and each is proved', async () => {
  stack.declare(every(8100))
  expect(await stack.mustApply()).toContain('9 added')
  expect(proofs()).toEqual(proved())
  expect(await stack.plan()).toMatchObject({ code: 0 })
})

test('what somebody stops, or takes away of what sshd lets it do, is drift of each, and put right', async () => {
  await Promise.all(
    names.map(name => lab.hosts[name].sh("systemctl stop 'tunnel-*-remote.service' 'tunnel-*-dynamic.service'")),
  )
  await Promise.all(
    (['middle', 'far'] as const).map(name =>
      lab.hosts[name].sh(
        "sed -i 's/PermitOpen .*/PermitOpen none/' /etc/ssh/sshd_config.d/10-ssh-tunnels-*-local.conf; systemctl reload ssh",
      ),
    ),
  )
  expect((await stack.plan()).text).toContain('Plan: 0 to add, 9 to change, 0 to destroy.')
  expect(await stack.mustApply()).toContain('0 added, 9 changed, 0 destroyed')
  expect(proofs()).toEqual(proved())
  expect(await stack.plan()).toMatchObject({ code: 0 })
})

test('each moves to another port in place, and all go without a trace', async () => {
  stack.declare(every(8200))
  expect(await stack.mustApply()).toContain('0 added, 9 changed, 0 destroyed')
  expect(proofs()).toEqual(proved())
  expect(await stack.plan()).toMatchObject({ code: 0 })
  await stack.destroy()
  expect(await fingerprints(lab)).toEqual(before)
})

test('a server may be reached at a link-local address, by us and by the client, each by its own interface of that name', async () => {
  const state = readState(lab.id)
  if (!state) throw new Error('there is no lab')
  const [controller, near, middle] = (['controller', 'near', 'middle'] as const).map(name => netnsOf(state, name))
  for (const [from, there] of [
    [controller, 'link0'],
    [near, 'link1'],
  ] as const)
    await must([
      'ip',
      '-n',
      from ?? '',
      'link',
      'add',
      'link0',
      'type',
      'veth',
      'peer',
      'name',
      there,
      'netns',
      middle ?? '',
    ])
  for (const [space, device, address] of [
    [controller, 'link0', 'fe80::10'],
    [near, 'link0', 'fe80::11'],
    [middle, 'link0', 'fe80::20'],
    [middle, 'link1', 'fe80::20'],
  ] as const) {
    await must(['ip', '-n', space ?? '', 'addr', 'add', `${address}/64`, 'dev', device, 'nodad'])
    await must(['ip', '-n', space ?? '', 'link', 'set', device, 'up'])
  }
  before = await fingerprints(lab)
  const host = hostsOf(lab)
  const server = host('middle', { address: 'FE80:0::20%link0', known_hosts: null, host_key: lab.hosts.middle.hostKey })
  stack.declare({
    web: { forward: 'remote', listen: '203.0.113.20:8081', far: 'far:80', client: host('near'), server },
  })
  await stack.mustApply()
  expect(await fetchPage(lab, 8081)).toBe('hello from far\n')
  expect(stack.attributes('web').command).toBe('ssh -N -R 203.0.113.20:8081:far:80 tun-web@FE80:0::20%link0')
  expect(await lab.hosts.near.sh('cat /etc/ssh-tunnels/web/known_hosts')).toContain('fe80::20%link0 ssh-ed25519')
  expect(await stack.plan()).toMatchObject({ code: 0 })
  await stack.destroy()
  expect(await fingerprints(lab)).toEqual(before)
})
