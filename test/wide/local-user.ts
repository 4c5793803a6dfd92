// What code that runs as a tunnel's account can do to its host, after a bug in sshd (as the account) or in ssh (inside the unit): on one lab,
// whatever its hosts are started from.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ImageName, type Lab, startLab } from '../../lab'
import { type CommandLine, makeCommandLine } from '../lab/command-line'
import { fetchPage, fingerprints, readBanner } from '../lab/stack'
import { holdUp } from './hold-up'
import { asAccount, asRoot, attempts, inUnit, prepareVictims, tryAll, type Where } from './local-attempts'

/** Makes a test of what stands in one column of the table in docs/hosts.md. */
export type Try = (column: string, name: string, body: () => Promise<void>) => void

const page = readFileSync(join(__dirname, '../../docs/security.md'), 'utf8')
/** Settings that docs/security.md gives a reason for. */
export const explained = [...page.matchAll(/^\| `([^`]+)` \| [^|]+ \|$/gm)].map(([, name]) =>
  (name ?? '').replaceAll('\\|', '|'),
)

export function tryLocalUser(image: ImageName, test: Try, found: (exposure: string) => void = () => {}): void {
  let lab: Lab
  let line: CommandLine
  let before: Awaited<ReturnType<typeof fingerprints>>
  let near: Where
  let middle: Where

  beforeAll(async () => {
    lab = await startLab({ images: { near: image, middle: image }, log: () => {} })
    line = makeCommandLine(lab)
    near = { host: lab.hosts.near, own: 'web', other: 'web-too' }
    middle = { host: lab.hosts.middle, own: 'itself', other: 'itself-too' }
    await Promise.all([near, middle].map(({ host }) => prepareVictims(host)))
    before = await fingerprints(lab)
    declare(8080)
    await must('apply')
  }, 600_000)
  afterAll(async () => {
    await lab?.stop()
    line?.remove()
  })

  function declare(port: number): void {
    const hosts = Object.fromEntries((['near', 'middle'] as const).map(name => [name, line.hostOf(name)]))
    const remote = { client: 'near', server: 'middle', forward: 'remote', far: 'far:80' }
    const itself = { client: 'middle', server: 'middle', forward: 'local', far: 'far:22' }
    line.write('tunnels.yaml', {
      owner: 'me',
      hosts,
      tunnels: {
        web: { ...remote, listen: `203.0.113.20:${port}` },
        'web-too': { ...remote, listen: '203.0.113.20:8090' },
        itself: { ...itself, listen: '203.0.113.20:110' },
        'itself-too': { ...itself, listen: '203.0.113.20:2222' },
      },
    })
  }
  const must = async (...words: string[]) => {
    const { code, stdout, stderr } = await line.run(...words, 'tunnels.yaml')
    expect({ code, said: code === 0 ? '' : `${stdout}${stderr}` }).toEqual({ code: 0, said: '' })
  }

  test('as the account', 'as the account on the server nothing that is tried has an effect', async () => {
    expect(await tryAll(middle, 'account', asAccount(middle))).toEqual([])
  })

  test('inside the unit', 'inside the unit neither, and so it is with a privileged port', async () => {
    expect(await tryAll(near, 'unit', inUnit(near))).toEqual([])
    expect(await tryAll(middle, 'unit', inUnit(middle))).toEqual([])
  })

  test('as root', 'each of them is something that root can do, on both hosts', async () => {
    const all = attempts.map(({ what }) => what)
    expect(await tryAll(near, 'root', asRoot(near))).toEqual(all)
    expect(await tryAll(middle, 'root', asRoot(middle))).toEqual(all)
  })

  test(
    'exposure',
    'systemd-analyze security finds an exposure of at most 2.0, and nothing without a reason',
    async () => {
      const exposures = await Promise.all(
        [near, middle].map(async ({ host, own }) => {
          const text = await host.sh(`systemd-analyze security --no-pager tunnel-${own}.service`)
          const open = [...text.matchAll(/^✗ (\S+)/gm)].map(([, name]) => name ?? '')
          expect(open.filter(name => !explained.includes(name))).toEqual([])
          return Number(/Overall exposure level for \S+: ([0-9.]+)/.exec(text)?.[1])
        }),
      )
      found(exposures.map(one => one.toFixed(1)).join(', with a privileged port '))
      for (const exposure of exposures) expect(exposure).toBeLessThanOrEqual(2)
    },
  )

  const holdAllUp = (port: number) =>
    Promise.all([
      holdUp(lab.hosts.middle, 'tun-web', port),
      holdUp(lab.hosts.middle, 'tun-itself', null),
      holdUp(lab.hosts.near, 'tun-web', null, 'tunnel-web.service'),
    ])
  const processes = async () =>
    (await lab.hosts.middle.exec('pgrep -U tun-web -x perl; pgrep -u tun-web -x perl; pgrep -U tun-web -x su')).stdout

  test(
    'a deploy goes through',
    'a deploy goes through whatever the account holds, fills, takes and starts',
    async () => {
      await holdAllUp(8081)
      declare(8081)
      await must('apply')
      expect(await fetchPage(lab, 8081)).toBe('hello from far\n')
      expect(await readBanner(lab, 110)).toMatch(/^SSH-2\.0-/)
      await must('plan', '--detailed-exitcode')
      expect(await processes()).toBe('')
    },
  )

  test('a deploy goes through', 'a destroy does too, and nothing of the account stays', async () => {
    await holdAllUp(8082)
    const uids = await Promise.all(
      [near, middle].map(async where => {
        const ids = await where.host.sh("getent passwd | sed -n 's/^tun-[^:]*:[^:]*:\\([0-9]*\\):.*/\\1/p'")
        return [where, ids.split('\n')] as const
      }),
    )
    expect(uids.map(([, ids]) => ids.length)).toEqual([2, 4])
    await must('destroy')
    expect(await fingerprints(lab)).toEqual(before)
    for (const [{ host }, ids] of uids) {
      for (const id of ids) {
        expect(
          await host.sh(`find / /tmp /dev/shm /run /run/lock -xdev -user ${id}; pgrep -U ${id}; pgrep -u ${id}; :`),
        ).toBe('')
      }
    }
  })
}
