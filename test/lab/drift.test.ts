// Whatever somebody changes by hand shows in the next plan, attribute by attribute, and the next deploy mends it.
import type { ChildProcess } from 'node:child_process'
import { type Lab, startLab } from '../../lab'
import { waitFor } from '../../lab/command'
import { drifts, folder } from './drifts'
import { hostsOf, makeStack, type Resources, type Stack, untilPage } from './stack'

const portOf = (tunnel: string) => 8100 + drifts.findIndex(drift => drift.tunnel === tunnel)
const foreign = '/etc/ssh/sshd_config.d/00-local.conf'

let lab: Lab
let stack: Stack
let tunnels: Record<string, Resources[string]>
let session: ChildProcess
let heard = ''

beforeAll(async () => {
  lab = await startLab()
  stack = await makeStack(lab)
  const host = hostsOf(lab)
  const ends = { forward: 'remote', client: host('near'), server: host('middle') }
  const listen = (port: number) => `203.0.113.20:${port}`
  tunnels = {
    steady: { ...ends, far: 'far:22', listen: listen(8099) },
    ...Object.fromEntries(
      drifts.map(({ tunnel }) => [tunnel, { ...ends, far: 'far:80', listen: listen(portOf(tunnel)) }]),
    ),
  }
  stack.declare(tunnels)
  await stack.mustApply()
  session = lab.spawn(
    'visitor',
    [
      'ssh',
      '-F',
      'none',
      '-T',
      '-i',
      lab.keyFile,
      '-p',
      '8099',
      '-o',
      'BatchMode=yes',
      '-o',
      'HostKeyAlias=far',
      '-o',
    ].concat([`UserKnownHostsFile=${lab.knownHosts}`, 'guest@203.0.113.20', 'cat']),
    { stdio: 'pipe' },
  )
  session.stdout?.setEncoding('utf8').on('data', text => {
    heard += text
  })
  await say('hello')
})
afterAll(async () => {
  session?.kill()
  await lab?.stop()
  stack?.remove()
})

/** A line through the long-lived session and back. */
async function say(word: string): Promise<void> {
  session.stdin?.write(`${word}\n`)
  await waitFor(`${word} to come back through the session`, () => heard.includes(word) || undefined, 20_000)
}

/** What the plan says of one tunnel. */
function planOf(text: string, tunnel: string): string {
  const [, rest = ''] = text.split(`# sshtunnel_tunnel.${tunnel} `)
  return rest.split('\n  # ')[0] ?? ''
}

describe('after many changes by hand, each to another tunnel', () => {
  let planned: { code: number; text: string }

  beforeAll(async () => {
    await Promise.all(drifts.map(({ on, byHand }) => lab.hosts[on].sh(byHand)))
    planned = await stack.plan()
  })

  test.each(drifts)('the plan shows $tunnel', ({ tunnel, shows }) => {
    const said = planOf(planned.text, tunnel)
    expect(said).toContain('will be updated in-place')
    for (const pattern of shows) expect(said).toMatch(pattern)
  })

  test('the plan leaves the tunnel alone that nobody touched', () => {
    expect(planned.code).toBe(2)
    expect(planOf(planned.text, 'steady')).toBe('')
  })

  test('one deploy mends them all', async () => {
    expect(await stack.mustApply()).toContain(`Resources: 0 added, ${drifts.length} changed, 0 destroyed.`)
    const pages = await Promise.all(drifts.map(({ tunnel }) => untilPage(lab, portOf(tunnel))))
    expect(new Set(pages)).toEqual(new Set(['hello from far\n']))
  })

  test('nothing is left to do, and a connection through another tunnel has lived through it', async () => {
    const { code, text } = await stack.plan()
    expect({ code, text: code === 0 ? '' : text }).toEqual({ code: 0, text: '' })
    await say('still here')
  })

  test('what was made anew is as it was: modes, owners, and that rules come back', async () => {
    const modes = await lab.hosts.near.sh(`stat -c '%a %U:%G' ${folder('key-gone')}/key ${folder('key-open')}/key`)
    expect(modes).toBe('640 root:tun-key-gone\n640 root:tun-key-open')
    await lab.hosts.middle.sh('systemctl reload nftables')
    expect(await lab.hosts.middle.sh('nft list ruleset | grep -c "ssh-tunnels "')).toBe(`${drifts.length + 1}`)
    await say('after the reload')
  })
})

test('without the include line no rule would come back: every plan says so; one deploy puts the line there once, and enables a unit that was only disabled', async () => {
  await lab.hosts.middle.sh("sed -i '/ssh-tunnels/d' /etc/nftables.conf")
  // On near nothing else is to be done.
  await lab.hosts.near.sh('systemctl disable --quiet tunnel-steady')
  const { text } = await stack.plan()
  expect(text).toContain(`Plan: 0 to add, ${drifts.length + 1} to change, 0 to destroy.`)
  expect(planOf(text, 'steady')).toMatch(/~ persistent += false -> true/)
  expect(planOf(text, 'steady')).toMatch(/~ enabled += false -> true/)
  await stack.mustApply()
  expect(await lab.hosts.middle.sh('grep -c ssh-tunnels /etc/nftables.conf')).toBe('1')
  expect(await lab.hosts.near.sh('systemctl is-enabled tunnel-steady')).toBe('enabled')
  await say('after the include line')
})

test('a drop-in that the running sshd has not read, though it is as it should be, is put there again and read', async () => {
  const tunnel = drifts[0]?.tunnel ?? ''
  const path = `/etc/ssh/sshd_config.d/10-ssh-tunnels-${tunnel}.conf`
  const text = await lab.hosts.middle.sh(`cat ${path}`)
  // As after a kill between the two: sshd reads a configuration without it, and then it is there.
  await lab.hosts.middle.sh(`rm ${path}; systemctl reload ssh`)
  await waitFor('sshd to have read that', async () =>
    (await lab.hosts.middle.exec(`test /run/sshd.pid -nt /etc/ssh/sshd_config.d`)).code === 0 ? true : undefined,
  )
  await lab.hosts.middle.writeFile(path, `${text}\n`)
  const { text: planned } = await stack.plan()
  expect(planned).toContain('Plan: 0 to add, 1 to change, 0 to destroy.')
  expect(planOf(planned, tunnel)).toMatch(/~ drop_in_sha256 += ".* \(sshd has not read it\)" -> "/)
  await stack.mustApply()
  expect(await untilPage(lab, portOf(tunnel))).toBe('hello from far\n')
  expect(await stack.plan()).toMatchObject({ code: 0 })
})

describe("when a foreign line of sshd's configuration wins over ours", () => {
  const shut = drifts[0]?.tunnel ?? ''

  beforeAll(async () => {
    await lab.hosts.middle.writeFile(foreign, `# by hand\nMatch User tun-${shut}\n    AllowTcpForwarding no\n`)
    await lab.hosts.middle.sh('systemctl reload ssh')
  })
  afterAll(() => lab.hosts.middle.sh(`rm ${foreign}; systemctl reload ssh`))

  test('the plan shows the effective value of that tunnel alone, and that ours is not read first', async () => {
    const { text } = await stack.plan()
    expect(text).toContain('Plan: 0 to add, 1 to change, 0 to destroy.')
    expect(planOf(text, shut)).toMatch(/~ allow_tcp_forwarding += "no" -> "remote"/)
    expect(planOf(text, shut)).toMatch(/~ drop_in_sha256 += ".* \(sshd does not read it first\)" -> "/)
  })

  test('a deploy brings ours first, and what else runs goes on running', async () => {
    await stack.mustApply()
    expect(await untilPage(lab, portOf(shut))).toBe('hello from far\n')
    expect(await stack.plan()).toMatchObject({ code: 0 })
    await say('beside one that was shut')
  })

  test('whoever takes our lines away sees them come back', async () => {
    await lab.hosts.middle.sh(`sed -i '/10-ssh-tunnels/d' /etc/ssh/sshd_config; systemctl reload ssh`)
    expect(planOf((await stack.plan()).text, shut)).toMatch(/~ allow_tcp_forwarding += "no" -> "remote"/)
    await stack.mustApply()
    expect(await lab.hosts.middle.sh('grep -c 10-ssh-tunnels /etc/ssh/sshd_config')).toBe('1')
  })
})

test('after all that the plan is empty', async () => {
  expect(await stack.plan()).toMatchObject({ code: 0 })
  await say('to the end')
})
