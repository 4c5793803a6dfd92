// Everything that could lock out who deploys, on every kind of host: afterwards the login works, the host is as it was, byte by byte, and the
// error says what was tried, what happened, what is now, and what to do.
import { fingerprint, type HostName, type ImageName, type Lab, startLab } from '../../lab'
import { waitFor } from '../../lab/command'
import { images as allImages } from '../../lab/images'
import { type CommandLine, makeCommandLine } from '../lab/command-line'
import { managers } from '../lab/firewall-managers'
import { find } from './found'
import type { LockOut, Victim } from './lock-out'
import { ofOthers } from './lock-outs-others'
import { ofSshd } from './lock-outs-sshd'

const lockOuts: readonly LockOut[] = [...ofSshd, ...ofOthers]

/** Each image once. */
const labs: readonly Readonly<Partial<Record<HostName, ImageName>>>[] = [
  { near: 'firewalld', middle: 'bookworm', far: 'trixie' },
  { near: 'ufw', middle: 'ssh-socket', far: 'iptables-legacy' },
  { near: 'iptables-nft', middle: 'rhel-like', far: 'sysvinit' },
  { near: 'no-firewall', middle: 'busybox' },
]

/** What no fingerprint has. Where sshd listens and with which settings, what waits to undo something, and what a batch leaves. */
const rest = `[ -d /run/sshd ] || install -d -m 755 /run/sshd # behind a socket it may be away, and sshd tells nothing without it
ls -A /var/lib/ssh-tunnels /run 2>/dev/null | grep -i tunnel
systemctl list-units --all --no-legend 'ssh-tunnels-*' 2>/dev/null
sshd -T -C user=root,host=x,addr=192.0.2.10,laddr=127.0.0.1,lport=22
ss -Hltn | awk '{ print $4 }' | sort
firewall-cmd --list-all-zones 2>/dev/null; ufw status 2>/dev/null; iptables-save 2>/dev/null | grep -v '^[#:]'
:`

const untilArmed = (then: string) => `tries=0
until ls /var/lib/ssh-tunnels/undo-*/armed >/dev/null 2>&1 || [ "$tries" -gt 3000 ]; do sleep 0.01; tries=$((tries + 1)); done
${then}`

/** Seconds: with the default there would be less to try in the same time, and test/lab/guard.test.ts has that. */
const window = 30

/** When a run was last armed, and a file of sshd's written. */
const touched = 'stat -c %y /var/lib /etc/ssh/sshd_config.d'

const words = ['What was tried:', 'What happened:', 'What is now:', 'What you can do:']

describe.each(labs)('%j', images => {
  const names = Object.keys(images) as HostName[]
  let lab: Lab
  let line: CommandLine

  beforeAll(async () => {
    lab = await startLab({ images, log: () => {} })
    line = makeCommandLine(lab)
    for (const { name, image, sh, writeFile } of names.map(name => lab.hosts[name])) {
      if (name === 'middle' || allImages[image].ownFirewall) continue
      await writeFile('/etc/nftables.conf', await lab.hosts.middle.sh('cat /etc/nftables.conf'))
      await sh('systemctl enable --quiet --now nftables')
    }
    // The first time sudo leaves a file in the caller's home.
    for (const name of names) await lab.run('controller', [...lab.ssh(name, 'admin'), 'sudo -n true'])
  }, 600_000)
  afterAll(async () => {
    await lab?.stop()
    line?.remove()
  })

  const victimOf = (name: HostName): Victim => {
    const { address, image } = lab.hosts[name]
    return { name, address, image, manager: managers[image] }
  }
  const standing = async (name: HostName) => `${await fingerprint(lab.hosts[name])}\n${await lab.hosts[name].sh(rest)}`
  /** As the last attempt has left it, where nothing has touched it since. */
  const stood = new Map<HostName, string>()
  /** What the last apply has printed. */
  const said = new Map<HostName, string>()
  /** As sshd has just begun to read its files it may refuse one. */
  const logins = (name: HostName) =>
    Promise.all(
      (['root', 'admin'] as const).map(user =>
        waitFor(
          `the login of ${user}`,
          async () => (await lab.run('controller', [...lab.ssh(name, user), 'id -un'])).stdout.trim() || undefined,
          40_000,
        ).catch(() => ''),
      ),
    )

  /** What became of it: `undone`; `told`, of what somebody else does; `refused` before anything was touched; `put back`, as a batch that fails; or that it did no harm. Throws where that is not so. */
  async function attempt(one: LockOut, name: HostName): Promise<{ answer: string; error?: string }> {
    const host = lab.hosts[name]
    const victim = victimOf(name)
    const file = `${name}.yaml`
    const knows = one.before ? undefined : stood.get(name)
    if (one.before) await host.sh(one.before)
    const before = knows ?? (await standing(name))
    stood.delete(name)
    const untouched = await host.sh(touched)
    const hosts = { [name]: { ...line.hostOf(name), guard: { window }, ...one.host } }
    line.write(file, { owner: 'me', hosts, ...(one.tunnels ? { tunnels: one.tunnels(victim) } : {}) })
    const meanwhile = one.meanwhile ? host.exec(untilArmed(one.meanwhile(victim))) : null
    const { code, stdout, stderr } = await line.run('apply', file)
    await meanwhile
    if (one.meanwhileBack) await host.sh(one.meanwhileBack(victim))
    const told = `${stdout}${stderr}`
    said.set(name, told)
    const isUndone = /^Error: .*undone: /m.test(told)
    const error = /^(?:\S+:\d+:\d+ .*|Error: .*)$/m.exec(told)?.[0]
    const seen = { one: one.name, image: host.image, logins: await logins(name) }
    if (code === 0) expect({ ...seen, code: (await line.run('destroy', file)).code, told }).toMatchObject({ code: 0 })
    const isUntouched = untouched === (await host.sh(touched))
    const now = await standing(name)
    if (one.after) await host.sh(one.after)
    expect({ ...seen, told }).toMatchObject({ logins: ['root', 'admin'] })
    expect({ ...seen, told, standing: now }).toEqual({ ...seen, told, standing: before })
    if (isUndone || told.includes(words[0] ?? ''))
      for (const word of words) expect({ ...seen, told }).toMatchObject({ told: expect.stringContaining(word) })
    if (isUndone && one.stands) expect({ ...seen, told }).toMatchObject({ told: expect.stringMatching(one.stands) })
    if (!one.after) stood.set(name, now)
    const answer = isUndone ? (one.stands ? 'told' : 'undone') : isUntouched ? 'refused' : 'put back'
    return { answer: code === 0 ? 'no harm' : answer, error }
  }

  test.each(lockOuts.map(one => [`${one.group}: ${one.name}`, one] as const))(
    '%s',
    async (_, one) => {
      const outcomes = await Promise.all(
        names.map(async name => {
          const image = images[name] as ImageName
          const began = Date.now()
          let answer = '**no**'
          let error: string | undefined
          try {
            const outcome = await attempt(one, name)
            answer = outcome.answer
            error = outcome.error
            return null
          } catch (why) {
            error = `\n${(why as Error).message}\n${said.get(name)}`
            // What it has left is in nobody's way.
            await line.run('destroy', `${name}.yaml`)
            return why
          } finally {
            find({ table: 'lock-outs', row: one.name, column: image, answer })
            process.stderr.write(
              `${image}: ${one.name}: ${answer} (${Math.round((Date.now() - began) / 1000)} s) ${error ?? ''}\n`,
            )
          }
        }),
      )
      for (const why of outcomes) if (why) throw why
    },
    900_000,
  )
})
