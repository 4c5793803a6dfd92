// What is tried of a client without systemd: its tunnels planned, brought up, proved, seen to drift, changed, left to hand, and removed without a trace.
import { fingerprint, type HostName, type Lab } from '../../lab'
import { waitFor } from '../../lab/command'
import { type CommandLine, makeCommandLine } from './command-line'
import { readBanner } from './stack'

export interface Supervised {
  readonly client: HostName
  /** As service.supervisor has it. */
  readonly supervisor: string
  /** Says so by hand, of a tunnel NAME; VERB is start, stop or status. */
  readonly by: string
  /** What a plan calls the service of NAME. */
  readonly unit: string
  /** Where its script stands. */
  readonly path: string
  /** The port of middle that its own sshd is published on. */
  readonly port: number
  readonly boots: boolean
}

const middle = '203.0.113.20'

/** Two tunnels: one by which the client publishes its own sshd, and one by which a port below 1024 of it leads to middle's. */
export function describeSupervised(labOf: () => Lab, one: Supervised, further: object = {}): void {
  const { client, supervisor, boots, port } = one
  const [published, opened] = [`out-${client}`, `in-${client}`]
  const file = `${client}.yaml`
  let lab: Lab
  let line: CommandLine
  let before: string[]
  const host = () => lab.hosts[client]
  const fill = (text: string, tunnel: string, verb = '') => text.replaceAll('NAME', tunnel).replaceAll('VERB', verb)
  const declare = (settings: object = {}) => {
    const hosts = { [client]: { ...line.hostOf(client), ...further }, middle: line.hostOf('middle') }
    const ends = { client, server: 'middle', serverAlive: { interval: 5, countMax: 2 } }
    line.write(file, {
      owner: `of-${client}`,
      hosts,
      tunnels: {
        [published]: { ...ends, forward: 'remote', listen: `${middle}:${port}`, far: 'localhost:22', ...settings },
        [opened]: { ...ends, forward: 'local', listen: '127.0.0.1:110', far: `${middle}:22`, ...settings },
      },
    })
  }
  const plan = () => line.run('plan', file, '--detailed-exitcode')
  const isEmpty = async () => {
    const { code, stdout, stderr } = await plan()
    expect({ code, said: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, said: '' })
  }
  const prints = () => Promise.all([fingerprint(host()), fingerprint(lab.hosts.middle)])
  /** PID of the tunnel's ssh. */
  const ssh = (tunnel: string) => host().sh(`pgrep -u tun-${tunnel} -x ssh || true`)
  const up = (what: string) =>
    waitFor(what, async () => {
      const inside = await host().exec('timeout 3 nc -w 2 127.0.0.1 110 </dev/null')
      return (await readBanner(lab, port)) && inside.stdout.startsWith('SSH-') ? true : undefined
    })

  describe(`${supervisor} on ${client}`, () => {
    beforeAll(async () => {
      lab = labOf()
      line = makeCommandLine(lab)
      before = await prints()
    })
    afterAll(() => line?.remove())

    test('a plan names what will keep it, and an apply brings it up', async () => {
      declare()
      const { code, stdout, stderr } = await plan()
      expect({ code, stderr: code === 2 ? '' : stdout + stderr }).toEqual({ code: 2, stderr: '' })
      expect(stdout).toMatch(new RegExp(`supervisor +\\+? *= "${supervisor}"`))
      expect(stdout).toContain(`"${fill(one.unit, published)}"`)
      await line.must('apply', file)
      await up('both to be reached')
      await isEmpty()
      expect((await line.run('plan', file)).stdout).not.toContain('systemd')
    })

    test('ssh runs as its account, with no right but that of its port', async () => {
      const caps = async (tunnel: string) =>
        host().sh(
          `grep -E '^(Uid|CapEff|CapBnd|CapAmb|NoNewPrivs):' /proc/$(pgrep -u tun-${tunnel} -x ssh)/status | tr -s '\\t ' ' '; stat -c %U /proc/$(pgrep -u tun-${tunnel} -x ssh)`,
        )
      const none = '0000000000000000'
      const bind = '0000000000000400'
      for (const [tunnel, right] of [
        [published, none],
        [opened, bind],
      ] as const) {
        const seen = await caps(tunnel)
        expect(seen).toContain(`CapEff: ${right}\nCapBnd: ${right}\nCapAmb: ${right}\nNoNewPrivs: 1`)
        expect(seen).not.toMatch(/Uid: 0 /)
      }
      const stat = `stat -c '%a %U:%G' /etc/ssh-tunnels/${published}/key /run/ssh-tunnels-services /var/log/tunnel-${published}.log`
      expect(await host().sh(stat)).toMatch(new RegExp(`^640 root:tun-${published}\n700 root:root\n600 root:root$`))
    })

    test('a killed ssh comes back by itself, and what it said is told', async () => {
      const first = await ssh(published)
      await host().sh(`kill -9 ${first}`)
      await waitFor(
        'another ssh',
        async () => ((await ssh(published)) && (await ssh(published)) !== first) || undefined,
      )
      await up('both to be reached again')
      await isEmpty()
      const status = JSON.parse(await line.must('status', file, '--json')) as { tunnels: Record<string, unknown>[] }
      expect(status.tunnels.find(({ name }) => name === published)).toMatchObject({ state: 'up', reconnects: 1 })
      const logs = await line.must('logs', file, published, '--lines', '20')
      expect(logs).toContain(`${client} tunnel-${published}: ssh ended with exit status 137, and begins anew in 0 s`)
    })

    test('a new key cuts it for one login, whatever has ended it before', async () => {
      await line.must('rotate', file, published)
      await up('both to be reached by the new key')
      const ends = (await line.must('logs', file, published, '--lines', '40')).match(/ssh ended with .*/g)
      expect(ends?.at(-1)).toBe('ssh ended with exit status 255, and begins anew in 0 s')
      await isEmpty()
    })

    test('who keeps it may be killed too, and who reads what that says: another takes his place', async () => {
      const keeper = () => host().sh(`cut -d ' ' -f 1 /run/ssh-tunnels-services/${published}.pid`)
      const first = await keeper()
      const kill = async (one: string) => {
        const itsSsh = await ssh(published)
        await host().sh(`kill -9 ${one}; pkill -9 -u tun-${published} -x ssh || :`)
        await waitFor('another ssh', async () => {
          const now = await ssh(published)
          return (now !== '' && now !== itsSsh) || undefined
        })
      }
      await kill(await host().sh(`pgrep -P ${first} -x sh`))
      expect(await keeper()).toBe(first)
      await up('both to be reached by another ssh')
      await kill(first)
      expect(await keeper()).not.toBe(first)
      const logs = await line.must('logs', file, published, '--lines', '2')
      expect(logs).toContain(`Started ssh, PID ${await ssh(published)}`)
      await up('both to be reached again')
      await isEmpty()
    })

    test('what somebody ends or changes by hand is a drift, which the doctor names and an apply mends', async () => {
      const status = async () => JSON.parse((await line.run('status', file, '--json')).stdout) as { tunnels: object[] }
      await host().sh(`pkill -9 -f '^[^ ]*sh ${fill(one.path, published)} kee[p]'`)
      await waitFor('its ssh to go with it', async () => ((await ssh(published)) === '' ? true : undefined))
      expect((await status()).tunnels).toContainEqual(
        expect.objectContaining({
          name: published,
          state: 'down',
          reason: `${fill(one.unit, published)} does not run on ${client}`,
        }),
      )
      await host().sh(`sed -i 's/ServerAliveInterval=5/ServerAliveInterval=0/' ${fill(one.path, opened)}`)
      const { code, stdout } = await plan()
      expect({ code, stdout }).toEqual({ code: 2, stdout: expect.stringMatching(/active +~? *= false/) })
      const doctor = await line.run('doctor', file)
      expect(doctor.code).not.toBe(0)
      expect(doctor.stdout).toContain(`${fill(one.unit, published)} does not run on ${client}`)
      expect(doctor.stdout).toContain(`${fill(one.unit, opened)} on ${client} has ServerAliveInterval 0, not 5`)
      await line.must('apply', file)
      await up('both to be reached again')
      await isEmpty()
    })

    test('it is changed in place, left to hand, and started at boot again', async () => {
      declare({ enabled: false, serverAlive: { interval: 7, countMax: 2 } })
      await line.must('apply', file)
      expect(await ssh(published)).toBe('')
      await isEmpty()
      for (const tunnel of [published, opened]) await host().sh(`${fill(one.by, tunnel, 'start')} >&2`)
      await up('both to be reached, started by hand')
      expect(await host().sh(`ps -eo args | grep -c '[S]erverAliveInterval=7'`)).not.toBe('0')
      await isEmpty()
      await host().sh(`${fill(one.by, published, 'stop')} >&2`)
      expect(await ssh(published)).toBe('')
      declare()
      await line.must('apply', file)
      await up('both to be reached again')
      await isEmpty()
    })

    if (boots) {
      test('it is there after a reboot', async () => {
        await host().reboot()
        await up('both to be reached after a reboot')
        await isEmpty()
      })
    }

    test('destroy leaves both hosts as they were', async () => {
      await line.must('destroy', file)
      expect(await prints()).toEqual(before)
      const left =
        'ls -d /run/ssh-tunnels-services /var/log/tunnel-* 2>/dev/null; pgrep -f "(tunnel-[^ ]*|service) kee[p]" || true'
      expect((await host().exec(left)).stdout).toBe('')
    })
  })
}
