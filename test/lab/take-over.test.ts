// A spec in the place of what people have made by hand, on real hosts: taken over with one reconnect, or left as it was; both ends' logs.
import { once } from 'node:events'
import { readJournal, replaceUnit } from '../../engine'
import type { Reach } from '../../engine/host'
import { type Pool, usePool } from '../../engine/host/pool'
import type { Script } from '../../engine/host/quote'
import type { Lab, LabHost, Result } from '../../lab'
import { killGroup, waitFor } from '../../lab/command'
import { readDocument } from '../cli/json-document'
import { type CommandLine, program } from './command-line'
import { middle, pageThrough, socket, specOf, startHandMade, unit } from './hand-made'

let lab: Lab
let line: CommandLine

beforeAll(async () => {
  const made = await startHandMade()
  lab = made.lab
  line = made.line
})
afterAll(async () => {
  await lab?.stop()
  line?.remove()
})

const page = (port = 8080) => pageThrough(lab, port)
const spec = (listen: string) => specOf(line, listen)
const run = (...words: string[]): Promise<Result> => line.run(...words)

async function must(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...words)
  if (code !== 0) throw new Error(`${words.join(' ')}: exit status ${code}\n${stdout}${stderr}`)
  return stdout
}

test('a process that nobody could start again is not touched', async () => {
  line.write('mine.yaml', {
    ...spec(`${middle}:8080`),
    tunnels: { mine: { client: 'near', server: 'middle', forward: 'local', listen: '127.0.0.1:5555', far: 'far:80' } },
  })
  line.write('watched.yaml', spec(`${middle}:8083`))
  const watched = await run('adopt', '--take-over', 'watched.yaml')
  const pid = await lab.hosts.near.sh('pgrep -f "^[^ ]*autossh .*8083"')
  expect([watched.code, watched.stderr]).toEqual([1, expect.stringContaining(`kill ${pid}; then ssh-tunnels apply`)])
  // It ends its ssh too.
  await lab.hosts.near.sh(`kill ${pid}`)
  await waitFor(
    'the port of middle',
    async () => (await lab.hosts.middle.sh('ss -Hltn sport = :8083')) === '' || undefined,
  )
  const { code, stderr } = await run('adopt', '--take-over', 'mine.yaml')
  expect(stderr).toMatch(/mine: pid \d+ of root on near also forwards localhost:1080, which would end with it/)
  expect(stderr).toContain('nothing was changed')
  expect(code).toBe(1)
})

const state = () => lab.hosts.near.sh('systemctl is-active by-hand || :; systemctl is-enabled by-hand || :')

const timers = () => lab.hosts.near.sh('systemctl list-timers --all | grep -c ssh-tunnels-back || :')

test('what cannot be applied is told before anything is stopped', async () => {
  const other = { ...line.hostOf('middle'), hostKey: lab.hosts.far.hostKey }
  line.write('tunnels.yaml', { ...spec(`${middle}:8080`), hosts: { near: line.hostOf('near'), middle: other } })
  const pid = await lab.hosts.near.sh('systemctl show -p MainPID by-hand')
  const { code, stdout, stderr } = await run('adopt', '--take-over', 'tunnels.yaml', '--json')
  expect(readDocument('adopt', stdout).errors).toMatchObject([{ about: 'host middle', code: 'host-key-mismatch' }])
  expect([code, stderr]).toEqual([1, expect.stringContaining('nothing was changed')])

  const { tunnels, ...rest } = spec(`${middle}:8080`)
  line.write('tunnels.yaml', { ...rest, tunnels: { page: { ...tunnels.page, enabled: false } } })
  await lab.hosts.near.sh('systemd-run --quiet --unit=ssh-tunnels-back-x --on-active=1h true')
  const idle = await run('adopt', '--take-over', 'tunnels.yaml')
  expect([idle.code, idle.stderr]).toEqual([
    1,
    expect.stringMatching(/page has enabled: false[\s\S]*nothing was changed/),
  ])
  expect(idle.stderr).toContain('ssh-tunnels-back-x.timer waits on near')
  await lab.hosts.near.sh('systemctl stop ssh-tunnels-back-x.timer')
  expect(await lab.hosts.near.sh('systemctl show -p MainPID by-hand')).toBe(pid)
})

/** Ends it by a Ctrl-C when `isTime`. Resolves to its exit status and all that it has said. */
async function interrupted(isTime: (said: string) => Promise<boolean> | boolean) {
  const child = lab.spawn('controller', ['node', program, 'adopt', '--take-over', 'tunnels.yaml'], {
    cwd: line.folder,
    env: { HOME: line.folder },
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', chunk => {
      said += chunk
    })
  const ended = once(child, 'close')
  await waitFor('its time', async () => (await isTime(said)) || undefined)
  killGroup(child.pid, 'SIGINT')
  const [code] = await ended
  return { code, said }
}

test('a Ctrl-C while all is made ready leaves the old alone, and one when it has stopped starts it again', async () => {
  const pidOf = () => lab.hosts.near.sh('systemctl show -p MainPID by-hand')
  const before = await pidOf()
  line.write('tunnels.yaml', spec(`${middle}:8080`))
  const early = await interrupted(said => said.includes('stops when all else is ready'))
  expect(early).toEqual({ code: 130, said: expect.stringContaining('by-hand.service: runs as before') })
  expect([await pidOf(), await state(), await timers()]).toEqual([before, 'active\nenabled', '0'])

  // Far stays silent, so that the proof is waited for.
  const { tunnels, ...rest } = spec(`${middle}:8080`)
  line.write('tunnels.yaml', { ...rest, tunnels: { page: { ...tunnels.page, far: 'far:81' } } })
  const late = await interrupted(async () => (await state()).startsWith('inactive'))
  expect(late).toEqual({ code: 130, said: expect.stringContaining('by-hand.service: runs as before') })
  expect(late.said).not.toContain('nothing was changed')
  expect([await state(), await timers()]).toEqual(['active\nenabled', '0'])
  await waitFor('the page by hand', async () => (await page()) || undefined, 20_000)
})

/** The engine's connections, without SSH: from here nobody can log in to a host of the lab. */
function poolOf(host: LabHost): Pool {
  const run = ({ text }: Script, args: readonly string[]) =>
    host.exec(`set -- ${args.map(one => `'${one}'`).join(' ')}\n${text}`)
  const reach = { run } as unknown as Reach
  return { connect: async () => reach, connectAfresh: async () => reach, closeAll: () => {} }
}

test('the host starts the old again when it hears of nobody, and not while it does; ours is stopped then, and one alone waits', async () => {
  const { near } = lab.hosts
  usePool(poolOf(near))
  const host = { name: 'near', address: near.address }
  await near.writeFile(
    '/etc/systemd/system/tunnel-stub.service',
    unit.replace(/ExecStart=.*/, 'ExecStart=/bin/sleep inf'),
  )
  await near.sh('systemctl daemon-reload')
  const ours = ['tunnel-stub.service']
  const pidOf = async () => Number(await near.sh('systemctl show -P MainPID by-hand'))
  const toReplace = async () => ({ unit: 'by-hand.service', pid: await pidOf(), ours })
  const stub = () => near.sh('systemctl is-active tunnel-stub || :; systemctl is-enabled tunnel-stub || :')
  const heard = await replaceUnit(host, await toReplace(), { backAfter: 60, renewEvery: 0.5 })
  const ringsAt = () => near.sh('systemctl show -P NextElapseUSecMonotonic ssh-tunnels-back-by-hand.timer')
  const before = await ringsAt()
  expect(await state()).toBe('active\nenabled')
  await expect(replaceUnit(host, await toReplace())).rejects.toThrow('arm of by-hand.service on near failed')
  await near.sh('systemctl stop by-hand')
  await waitFor('the timer to be wound up again', async () => (await ringsAt()) !== before || undefined)
  expect(await state()).toBe('inactive\nenabled')
  // Nothing of ours runs: then nothing is kept.
  await expect(heard.keep()).rejects.toThrow('tunnel-stub.service does not run')
  await heard.back()
  expect([await state(), await timers()]).toEqual(['active\nenabled', '0'])
  await expect(replaceUnit(host, { unit: 'by-hand.service', pid: 1, ours })).rejects.toThrow('has ended meanwhile')

  const silent = await replaceUnit(host, await toReplace(), { backAfter: 3, renewEvery: 600 })
  await near.sh('systemctl stop by-hand; systemctl enable --quiet --now tunnel-stub')
  await waitFor('the host to start it again', async () => (await state()) === 'active\nenabled' || undefined)
  expect(await stub()).toBe('inactive\ndisabled')
  await waitFor('the timer to be gone', async () => (await timers()) === '0' || undefined)
  // Who comes late finds the old one.
  await expect(silent.keep()).rejects.toThrow('by-hand.service runs again')
  expect(await state()).toBe('active\nenabled')

  // A unit whose file lies elsewhere is still one when it is disabled.
  await near.sh(`systemctl disable --quiet --now by-hand; mv /etc/systemd/system/by-hand.service /opt/by-hand.service
    systemctl enable --quiet --now /opt/by-hand.service; systemctl start tunnel-stub`)
  const linked = await replaceUnit(host, await toReplace())
  await near.sh('systemctl stop by-hand')
  await linked.keep()
  expect([await state(), await timers()]).toEqual(['inactive\nlinked', '0'])
  await near.sh(`systemctl disable --quiet by-hand; systemctl stop tunnel-stub; rm /etc/systemd/system/tunnel-stub.service
    mv /opt/by-hand.service /etc/systemd/system/; systemctl daemon-reload; systemctl enable --quiet --now by-hand`)
  await waitFor('the page by hand', async () => (await page()) || undefined, 20_000)
})

interface Entry {
  readonly UNIT?: string
  readonly SYSLOG_IDENTIFIER?: string
  readonly MESSAGE: string
}

/** Oldest first. */
const journal = async (host: LabHost, since: string): Promise<Entry[]> =>
  (await host.sh(`journalctl --sync; journalctl --quiet --output=json --since=@${since}`))
    .split('\n')
    .map(one => JSON.parse(one))

test('take-over: a spec takes the place of the units whose tunnels come up, and each reconnects once, when all else is ready', async () => {
  const { near, middle: relay } = lab.hosts
  // Its ssh stays, without its forward: whoever else has the port is not seen before the old has stopped.
  await relay.sh('systemd-run --quiet --unit=holder /usr/sbin/sshd -D -p 8090')
  await waitFor('the holder', async () => (await relay.sh('ss -Hltn sport = :8090')) || undefined)
  await near.writeFile('/etc/systemd/system/other.service', unit.replace(':8080', ':8090'))
  await near.sh('systemctl daemon-reload; systemctl enable --quiet --now other')
  const one = spec(`${middle}:8080`)
  line.write('tunnels.yaml', {
    ...one,
    tunnels: {
      ...one.tunnels,
      auto: { ...one.tunnels.page, listen: `${middle}:8082` },
      dead: { ...one.tunnels.page, listen: `${middle}:8090` },
      socket: { ...one.tunnels.page, forward: 'local', listen: socket, socketMode: '0666' },
    },
  })
  expect((await run('apply', 'tunnels.yaml')).stderr).toContain('port 8080 on middle is taken')
  const visits = lab.spawn('visitor', [
    'sh',
    '-c',
    `while :; do curl -s -o /dev/null -m 2 http://${middle}:8080/ && echo up || echo away; sleep 0.1; done`,
  ])
  let seen = ''
  visits.stdout?.on('data', chunk => {
    seen += chunk
  })
  await waitFor('a visit', async () => seen.includes('up') || undefined, 10_000)
  const since = await near.sh('date +%s')
  const { code, stdout, stderr } = await run('adopt', '--take-over', 'tunnels.yaml')
  const before = seen.length
  await waitFor('a visit afterwards', async () => seen.slice(before).includes('up') || undefined, 10_000)
  killGroup(visits.pid, 'SIGKILL')
  // One gap at most: while the one has ended and the other has not begun.
  const [, ...rest] = seen.trim().split('\n')
  expect(rest.filter((one, at) => one !== rest[at - 1]).join(' ')).toMatch(/^up( away up)?$/)
  // Nothing was left to prepare when the old ones ended: nobody logs in to near until ours starts, and middle's sshd has reloaded before.
  const entries = await journal(near, since)
  const isOld = ({ UNIT }: Entry) =>
    ['by-hand.service', 'auto.service', 'other.service', 'socket.service'].includes(UNIT ?? '')
  const gap = entries.slice(
    entries.findIndex(entry => isOld(entry) && entry.MESSAGE.startsWith('Stopping')),
    entries.findIndex(({ UNIT, MESSAGE }) => UNIT?.startsWith('tunnel-') && MESSAGE.startsWith('Start')),
  )
  expect(gap.filter(isOld).length).toBeGreaterThan(2)
  expect(gap.filter(entry => /^(systemd|sshd)$/.test(entry.SYSLOG_IDENTIFIER ?? '') && !isOld(entry))).toEqual([])
  const sshd = (await journal(relay, since))
    .map(({ MESSAGE }) => MESSAGE)
    .filter(said => /^(Received SIGHUP|Accepted publickey for tun-)/.test(said))
  expect(sshd[0]).toMatch(/^Received/)
  for (const name of ['page', 'auto']) {
    expect(sshd.filter(said => said.includes(`for tun-${name} `))).toHaveLength(1)
    expect(await near.sh(`systemctl show -P NRestarts tunnel-${name}`)).toBe('0')
  }
  expect(await near.sh('pgrep autossh || echo none')).toBe('none')
  expect({ code, stdout }).toEqual({
    code: 1,
    stdout: expect.stringMatching(/^ {2}dead: failed; what was begun is taken back/m),
  })
  expect(stderr).toMatch(/tunnel dead: [\s\S]*8090/)
  expect(stderr.match(/\S+: runs as before/g)).toEqual(['other.service: runs as before'])
  expect(stdout).toMatch(/^page +203\.0\.113\.20:8080 +HTTP/m)
  expect(await page()).toContain('hello from far')
  expect(await state()).toBe('inactive\ndisabled')
  expect(await near.sh(`stat -c '%U %a' ${socket}; systemctl is-active socket || :`)).toBe('tun-socket 666\ninactive')
  expect(await near.sh(`curl -s --unix-socket ${socket} http://page/`)).toContain('hello from far')
  expect(await near.sh('systemctl is-active other; systemctl is-enabled other')).toBe('active\nenabled')
  expect(await relay.sh("ss -Hltn '( sport = :8080 or sport = :8082 )' | wc -l")).toBe('2')
  expect(await timers()).toBe('0')
  const rows = await must('list', 'near', 'tunnels.yaml')
  expect(rows).toMatch(
    /^tunnel page of shop +\d+ +tun-page +tunnel-page\.service +remote +203\.0\.113\.20:8080 \(there\) +far:80/m,
  )
  expect(await must('list', 'middle', 'tunnels.yaml')).toMatch(/^tunnel page of shop +\d+ +tun-page +sshd +remote/m)
  await near.sh('systemctl disable --quiet --now other')
  await relay.sh('systemctl stop holder')
  line.write('tunnels.yaml', one)
})

test('logs: what both ends have said, and nothing that steers a terminal', async () => {
  await lab.hosts.near.sh(`printf 'evil \\033[2J \\302\\233' | systemd-cat -t ssh; systemctl restart tunnel-page`)
  await waitFor('the tunnel again', async () => (await page()) || undefined, 20_000)
  const { lines } = readDocument('logs', await must('logs', 'tunnels.yaml', 'page', '--json', '--lines', '50'))
  const by = (end: string) => lines.filter((one: { end: string }) => one.end === end)
  expect(by('server')).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ host: 'middle', text: expect.stringMatching(/Accepted publickey for tun-page/) }),
    ]),
  )
  expect(by('client').length).toBeGreaterThan(0)
  const text = await must('logs', 'tunnels.yaml', 'page', '--lines', '1')
  expect(text).toMatch(/^20\S+Z (near|middle) \S+: /)
  expect(text.trim().split('\n').length).toBeLessThanOrEqual(2)
})

test("logs: of a neighbour's name nothing, and of a tunnel that has been silent what it says from now on", async () => {
  const { middle: relay } = lab.hosts
  usePool(poolOf(relay))
  const ask = (cursor: string | null) =>
    readJournal({ name: 'middle', address: middle }, { account: 'tun-quiet', lines: 5, cursor })
  // sshd is who is called so, and journald looks when it has come to the line: until then it stays.
  const say = (text: string) =>
    relay.sh(`cp /usr/bin/logger /root/sshd
      { echo '${text}'; until journalctl --quiet --output=cat --lines=20 | grep -qxF '${text}'; do :; done; } | /root/sshd
      rm /root/sshd; journalctl --sync`)
  await say('Accepted publickey for tun-quiet-2 from 192.0.2.1')
  const first = await ask(null)
  expect(first).toEqual({ lines: [], cursor: expect.stringMatching(/./) })
  await say('Accepted publickey for tun-quiet from 192.0.2.2')
  await say('Accepted publickey for not-tun-quiet from 192.0.2.3')
  const second = await ask(first.cursor)
  expect(second.lines.map(({ text }) => text)).toEqual(['Accepted publickey for tun-quiet from 192.0.2.2'])
  await say('Disconnected from user tun-quiet 192.0.2.2')
  expect((await ask(second.cursor)).lines.map(({ text }) => text)).toEqual([
    'Disconnected from user tun-quiet 192.0.2.2',
  ])
  expect((await ask(null)).lines.map(({ text }) => text)).toEqual([
    'Accepted publickey for tun-quiet from 192.0.2.2',
    'Disconnected from user tun-quiet 192.0.2.2',
  ])
})

test('destroy leaves nothing of ours', async () => {
  await must('destroy', 'tunnels.yaml')
  expect(await must('list', 'middle', 'tunnels.yaml')).not.toContain('tunnel page')
})
