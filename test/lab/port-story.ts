// What is told of a listening host of any kind: ports below 1024 that are redirected to a tunnel's sshd, and limits of what comes through a port.
import { existsSync, writeFileSync } from 'node:fs'
import { fingerprint, type ImageName, type Lab, type PlaceName, startLab } from '../../lab'
import { waitFor } from '../../lab/command'
import { type CommandLine, makeCommandLine } from './command-line'

const address = '203.0.113.20'
const address6 = '2001:db8:2::20'
const visitors = '192.0.2.64/26'
/** 16 mbit, and what nft lets through at once beside it: as much as in a second, and the burst. */
const bytesPerSecond = 2_000_000
const atOnce = bytesPerSecond + 128 * 1024

export function tellPortStory(image: ImageName): void {
  let lab: Lab
  let line: CommandLine
  let before: string

  beforeAll(async () => {
    lab = await startLab({ images: { middle: image } })
    line = makeCommandLine(lab)
    await lab.hosts.far.sh('head -c 6000000 /dev/zero >/srv/www/large')
    before = await fingerprint(lab.hosts.middle)
  }, 600_000)
  afterAll(async () => {
    await lab?.stop()
    line?.remove()
  })

  const declare = (limits: object = { connections: 2, bandwidth: '16mbit' }, allowFrom = [visitors]) => {
    const remote = { client: 'near', server: 'middle', forward: 'remote', far: 'far:80' }
    line.write('tunnels.yaml', {
      owner: 'me',
      hosts: { near: line.hostOf('near'), middle: { ...line.hostOf('middle'), addresses: [address6] } },
      tunnels: {
        web: { ...remote, listen: `${address}:80`, allowFrom },
        web6: { ...remote, listen: '[::]:443', probe: 'http' },
        own: { ...remote, listen: '127.0.0.1:81', probe: 'http' },
        mail: { ...remote, listen: `${address}:8110`, probe: 'http', limits },
      },
    })
  }
  const plan = () => line.must('plan', 'tunnels.yaml')
  const page = async (place: PlaceName, url: string) =>
    (await lab.run(place, ['curl', '-s', '-g', '-m', '3', url])).stdout
  const own = (to: string, port: number) =>
    lab.hosts.middle.sh(
      `bash -c 'exec 3<>/dev/tcp/${to}/${port} && printf "GET / HTTP/1.0\\r\\n\\r\\n" >&3 && timeout 5 cat <&3' | tail -n 1`,
    )
  const hello = 'hello from far\n'
  const each = (pages: readonly Promise<string>[]) => Promise.all(pages)
  const reached = async () => {
    const [visitor, controller, behind, itself] = await Promise.all([
      each([page('visitor', `http://${address}/`), page('visitor', `http://[${address6}]:443/`)]),
      each([page('controller', `http://${address}/`), page('controller', `http://[${address6}]:443/`)]),
      each([page('visitor', `http://${address}:24080/`), page('visitor', `http://[${address6}]:24443/`)]),
      each([own(address, 80), own(address6, 443), own('127.0.0.1', 81)]),
    ])
    return { visitor, controller, behind, itself: itself.map(text => `${text.trim()}\n`) }
  }
  const wanted = { visitor: [hello, hello], controller: ['', hello], behind: ['', ''], itself: [hello, hello, hello] }

  /** A connection that asks when it is told to. */
  async function hold(name: string) {
    const at = (file: string) => `${line.folder}/${name}-${file}`
    const script = `exec 3<>/dev/tcp/${address}/8110 || exit; touch ${at('open')}
      while [ ! -e ${at('go')} ]; do sleep 0.1; done
      printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; timeout 5 cat <&3 | tail -n 1`
    const answer = lab.run('visitor', ['bash', '-c', script])
    await waitFor(`the connection ${name}`, () => existsSync(at('open')) || undefined)
    return async () => {
      writeFileSync(at('go'), '')
      return (await answer).stdout
    }
  }

  test('the plan shows where ports lead, and the limits', async () => {
    declare()
    const shown = await plan()
    expect(shown).toContain(`redirects  = ["${address} tcp/80 to tcp/24080"]`)
    expect(shown).toContain('redirects  = ["any IPv6 address tcp/443 to tcp/24443"]')
    expect(shown).toContain('limits     = ["at most 2 connections at a time", "at most 16mbit each way"]')
    expect(shown).toContain(`permitListen               = ["${address}:24080"]`)
  })

  test('visitors come to the ports below 1024, nobody to those behind, and the second plan is empty', async () => {
    await line.must('apply', 'tunnels.yaml')
    expect(await reached()).toEqual(wanted)
    expect(await plan()).toContain('No changes.')
    const listening = await lab.hosts.middle.sh("ss -Hltn | awk '{ print $4 }' | sort")
    expect(listening).toContain(`${address}:24080`)
    expect(listening).not.toContain(`${address}:80\n`)
  })

  test('one connection more than may be is refused, and what comes through is no more than may', async () => {
    const [first, second] = [await hold('first'), await hold('second')]
    const third = await lab.run('visitor', ['curl', '-s', '-m', '3', `http://${address}:8110/`])
    expect(third.code).toBe(7)
    expect([await first(), await second()]).toEqual([hello, hello])
    const loaded = await waitFor('a connection again', async () => {
      const words = ['curl', '-s', '-m', '30', '-o', '/dev/null', '-w', '%{size_download} %{time_total}']
      const { code, stdout } = await lab.run('visitor', [...words, `http://${address}:8110/large`])
      return code === 0 ? stdout.split(' ').map(Number) : undefined
    })
    const [size = 0, seconds = 0] = loaded
    expect(size).toBe(6_000_000)
    expect(size).toBeLessThanOrEqual(atOnce + bytesPerSecond * seconds)
  })

  test('who may come, and how many, changes in place: what is open stays open', async () => {
    const held = await hold('held')
    declare({ connections: 1 }, [visitors, '192.0.2.0/26'])
    expect(await plan()).toContain(
      '["at most 2 connections at a time", "at most 16mbit each way"] -> ["at most 1 connection at a time"]',
    )
    await line.must('apply', 'tunnels.yaml')
    expect(await held()).toBe(hello)
    expect(await page('controller', `http://${address}/`)).toBe(hello)
    declare()
    await line.must('apply', 'tunnels.yaml')
    expect(await reached()).toEqual(wanted)
  })

  test('what somebody takes away is seen, named by the doctor, and comes back', async () => {
    await lab.hosts.middle.sh(
      'nft delete chain inet ssh_tunnels_web redirects; nft flush chain inet ssh_tunnels_mail limits_in',
    )
    const shown = await plan()
    expect(shown).toContain(`-> ["${address} tcp/80 to tcp/24080"]`)
    expect(shown).toContain('-> ["at most 2 connections at a time", "at most 16mbit each way"]')
    const { stdout } = await line.run('doctor', 'tunnels.yaml', 'web')
    expect(stdout).toContain(`FAIL  the table of our own on middle does not lead ${address} tcp/80 to tcp/24080`)
    await line.must('apply', 'tunnels.yaml')
    expect(await reached()).toEqual(wanted)
    expect(await plan()).toContain('No changes.')
  })

  test('who listens on the port itself keeps it: the tunnel is refused before anything is touched', async () => {
    await lab.hosts.middle.sh('systemd-run --quiet --unit=other nc -lk 203.0.113.20 79')
    await waitFor('the other', async () => (await lab.hosts.middle.sh('ss -Hltn "sport = 79"')) || undefined)
    const spec = { client: 'near', server: 'middle', forward: 'remote', listen: `${address}:79`, far: 'far:80' }
    const hosts = { near: line.hostOf('near'), middle: line.hostOf('middle') }
    line.write('other.yaml', { owner: 'other', hosts, tunnels: { finger: spec } })
    const { code, stderr } = await line.run('apply', 'other.yaml')
    await lab.hosts.middle.sh('systemctl stop other')
    expect(code).not.toBe(0)
    expect(stderr).toContain('port 79 on middle is taken')
    expect(await lab.hosts.middle.sh('nft list tables')).not.toContain('finger')
  })

  test('all of it is there after a reboot', async () => {
    await lab.hosts.middle.reboot()
    await waitFor(
      'the tunnels',
      async () => ((await page('visitor', `http://${address}/`)) === hello ? true : undefined),
      150_000,
    )
    await waitFor(
      'the other',
      async () => ((await page('visitor', `http://[${address6}]:443/`)) === hello ? true : undefined),
      150_000,
    )
    await waitFor(
      'the third',
      async () => ((await page('visitor', `http://${address}:8110/`)) === hello ? true : undefined),
      150_000,
    )
    expect(await reached()).toEqual(wanted)
    expect(await plan()).toContain('No changes.')
  }, 400_000)

  test('a destroy leaves no trace', async () => {
    await line.must('destroy', 'tunnels.yaml')
    expect(await fingerprint(lab.hosts.middle)).toBe(before)
  })
}
