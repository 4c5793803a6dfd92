// The lab itself: three real hosts, a network that can fail, and nothing left behind.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fingerprint, type Lab, startLab } from '../../lab'
import { waitFor } from '../../lab/command'
import { keptIdOf, startTimeOf } from '../../lab/state'
import { fetchPage } from './stack'

let lab: Lab
const quiet = { log: () => {} }
beforeAll(async () => {
  lab = await startLab(quiet)
})
afterAll(() => lab?.stop())

const hosts = () => Object.values(lab.hosts)
const farsPage = async () =>
  (await lab.run('visitor', ['curl', '-s', '--max-time', '1', `http://${lab.hosts.far.address}/`])).stdout
/** Namespaces, mounts and processes whose name or command line has the lab's id. */
function traces(id: string): string[] {
  const lines = [
    execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' }),
    execFileSync('cat', ['/proc/mounts'], { encoding: 'utf8' }),
    execFileSync('ps', ['axwwo', 'args'], { encoding: 'utf8' }),
  ]
  return lines
    .join('\n')
    .split('\n')
    .filter(line => line.includes(`tl-${id}`) || line.includes(`cdktf-ssh-tunnels-lab/${id}`))
}

test('a kept lab belongs to its checkout, and the command names the word that is wrong', () => {
  expect(keptIdOf('/a')).toMatch(/^lab-[0-9a-f]{4}$/)
  expect(keptIdOf('/a')).not.toBe(keptIdOf('/b'))
  const words = ['--require', 'tsx/cjs', join(__dirname, '../../lab/main.ts'), 'shell', 'midle']
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 2, stderr: 'there is no midle; did you mean middle?\n' })
})

test('each host is a whole system, and the tool logs in to it with its key checked', async () => {
  for (const host of hosts()) {
    expect(await host.sh('systemctl is-system-running')).toBe('running')
    expect((await lab.run('controller', [...lab.ssh(host.name), 'hostname'])).stdout.trim()).toBe(host.name)
    expect((await lab.run('controller', [...lab.ssh(host.name, 'admin'), 'sudo -n id -u'])).stdout.trim()).toBe('0')
  }
})

test('no two hosts share a machine id or a host key', async () => {
  const ids = await Promise.all(hosts().map(host => host.sh('cat /etc/machine-id')))
  expect(new Set([...ids, ...hosts().map(host => host.hostKey)]).size).toBe(6)
})

test('a service that is stopped on one host runs on, on another', async () => {
  const { near, middle } = lab.hosts
  await Promise.all([near, middle].map(host => host.sh('systemd-run -q --unit=twin sleep 300')))
  await near.sh('systemctl stop twin')
  expect(await middle.sh('systemctl is-active twin; systemctl stop twin')).toBe('active')
})

test("a visitor sees far's page, and of middle the ssh port only", async () => {
  expect(await farsPage()).toBe('hello from far\n')
  await lab.hosts.middle.sh('systemd-run -q --unit=web busybox httpd -f -p 8080 -h /')
  expect(await fetchPage(lab, 8080)).toBeUndefined()
  await lab.hosts.middle.sh('systemctl stop web')
})

test('a link can be cut and healed', async () => {
  await lab.cutLink('far')
  expect(await farsPage()).toBe('')
  await lab.healLink('far')
  expect(await farsPage()).toBe('hello from far\n')
})

test('a link can lose packets', async () => {
  const ping = ['ping', '-q', '-c', '200', '-i', '0.002', '-W', '1', lab.hosts.far.address]
  await lab.shape('far', { lossPercent: 30 })
  const lost = async () => Number(/(\d+)[.\d]*% packet loss/.exec((await lab.run('visitor', ping)).stdout)?.[1])
  expect(await lost()).toBeGreaterThan(10)
  await lab.unshape('far')
  expect(await lost()).toBe(0)
})

test('a link can be slow, where the kernel has netem; elsewhere it says that it has not', async () => {
  const ping = async () =>
    Number(/time=([\d.]+)/.exec((await lab.run('visitor', ['ping', '-c', '1', lab.hosts.far.address])).stdout)?.[1])
  const answer = await lab.shape('far', { delayMs: 80 }).then(ping, String)
  if (typeof answer === 'number') expect(answer).toBeGreaterThan(75)
  else expect(answer).toContain('netem')
  await lab.unshape('far')
})

test("a host's fingerprint stays the same, and shows what is changed", async () => {
  const before = await fingerprint(lab.hosts.near)
  expect(await fingerprint(lab.hosts.near)).toBe(before)
  await lab.hosts.near.writeFile('/etc/ssh-tunnels/x', 'x')
  expect(await fingerprint(lab.hosts.near)).not.toBe(before)
  await lab.hosts.near.sh('rm -r /etc/ssh-tunnels')
  expect(await fingerprint(lab.hosts.near)).toBe(before)
})

test('a reboot is a real one: another boot, and no firewall rule but those that are kept', async () => {
  const { middle } = lab.hosts
  const boot = await middle.sh(
    'cat /proc/sys/kernel/random/boot_id; systemctl show -p KernelTimestampMonotonic,UserspaceTimestampMonotonic',
  )
  await middle.sh('nft insert rule inet filter input tcp dport 8080 accept')
  await middle.reboot()
  expect(
    await middle.sh(
      'cat /proc/sys/kernel/random/boot_id; systemctl show -p KernelTimestampMonotonic,UserspaceTimestampMonotonic',
    ),
  ).not.toBe(boot)
  expect(await middle.sh('nft list ruleset')).not.toContain('8080')
  expect((await lab.run('controller', [...lab.ssh('middle'), 'hostname'])).stdout.trim()).toBe('middle')
})

test('a program that takes too long is ended together with all that it started', async () => {
  const { code, stdout } = await lab.run('visitor', ['sh', '-c', 'sleep 300 & echo $!; wait'], { timeoutMs: 300 })
  expect(code).toBe(124)
  // A killed process is there until somebody has asked for its end.
  await waitFor('its end', () => (startTimeOf(Number(stdout)) === undefined ? true : undefined))
})

test('a reset brings back hosts as new, with the keys that clients know', async () => {
  const { near } = lab.hosts
  await lab.cutLink('near')
  await near.sh('rm -r /usr/sbin/nft /home/admin; hostname other; touch /etc/mine')
  await lab.reset()
  expect(await near.sh('hostname; ls /usr/sbin/nft; ls /etc/mine 2>/dev/null || echo gone')).toBe(
    'near\n/usr/sbin/nft\ngone',
  )
  expect((await lab.run('controller', [...lab.ssh('near', 'admin'), 'hostname'])).stdout).toBe('near\n')
})

test('labs stand side by side, and after the end nothing of one is left', async () => {
  const other = await startLab(quiet)
  await other.hosts.near.sh('touch /root/here')
  expect((await lab.hosts.near.exec('test -e /root/here')).code).not.toBe(0)
  expect(traces(other.id)).not.toEqual([])
  await other.stop()
  expect(traces(other.id)).toEqual([])
  expect(existsSync(other.folder)).toBe(false)
  expect(await farsPage()).toBe('hello from far\n')
})

test('a lab whose owner was killed goes when the next one starts', async () => {
  const program = `require(${JSON.stringify(join(__dirname, '../../lab'))}).startLab({ id: 'orphan' }).then(() => { console.log('up'); setInterval(() => {}, 1000) })`
  const owner = spawn(process.execPath, ['--require', 'tsx/cjs', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise(resolve => owner.stdout?.once('data', resolve))
  expect(traces('orphan')).not.toEqual([])
  const gone = new Promise(resolve => owner.once('close', resolve))
  owner.kill('SIGKILL')
  // The hosts hold its standard error: close would wait for them.
  await Promise.race([gone, waitFor('the owner to end', () => (owner.signalCode ? true : undefined))])
  const next = await startLab(quiet)
  expect(traces('orphan')).toEqual([])
  await next.stop()
})

test('after Ctrl-C nothing of a lab is left', async () => {
  const program = `require(${JSON.stringify(join(__dirname, '../../lab'))}).startLab({ id: 'ctrl-c' }).then(() => { console.log('up'); setInterval(() => {}, 1000) })`
  const owner = spawn(process.execPath, ['--require', 'tsx/cjs', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise(resolve => owner.stdout?.once('data', resolve))
  const gone = new Promise(resolve => owner.once('exit', resolve))
  owner.kill('SIGINT')
  await gone
  expect(traces('ctrl-c')).toEqual([])
})

test('after Ctrl-C of a test run neither its workers nor their labs are left', async () => {
  const worker = `require(${JSON.stringify(join(__dirname, '../../lab'))}).startLab({ id: 'workers' }).then(() => { console.log(process.pid); setInterval(() => {}, 1000) })`
  const program = `require(${JSON.stringify(join(__dirname, 'remove-at-end'))}).removeLabsAtEnd()
    require('node:child_process').spawn(process.execPath, ['--require', 'tsx/cjs', '--eval', ${JSON.stringify(worker)}], { stdio: 'inherit' })`
  const run = spawn(process.execPath, ['--require', 'tsx/cjs', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const pid = await new Promise<number>(resolve => run.stdout?.once('data', text => resolve(Number(text))))
  expect(traces('workers')).not.toEqual([])
  const gone = new Promise<unknown>(resolve => run.once('exit', (_, signal) => resolve(signal)))
  run.kill('SIGINT')
  expect(await gone).toBe('SIGINT')
  expect(startTimeOf(pid)).toBeUndefined()
  expect(traces('workers')).toEqual([])
})
