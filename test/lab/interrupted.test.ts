// A deploy that somebody breaks off: it ends cleanly, no process stays, the next deploy goes on from what is there.
import { readdirSync, readlinkSync } from 'node:fs'
import { type Lab, startLab } from '../../lab'
import { waitFor } from '../../lab/command'
import { readDocument } from '../cli/json-document'
import { type CommandLine, makeCommandLine, program } from './command-line'
import { fetchPage, fingerprints, hostsOf, makeStack, type Stack } from './stack'

const count = 6
const portOf = (at: number) => 8080 + at

let lab: Lab
let stack: Stack
let before: Awaited<ReturnType<typeof fingerprints>>

beforeAll(async () => {
  lab = await startLab()
  stack = await makeStack(lab)
  const host = hostsOf(lab)
  const ends = { forward: 'remote', far: 'far:80', client: host('near'), server: host('middle') }
  stack.declare(
    Object.fromEntries(
      [...Array(count).keys()].map(at => [`web-${at}`, { ...ends, listen: `203.0.113.20:${portOf(at)}` }]),
    ),
  )
  before = await fingerprints(lab)
})
afterAll(async () => {
  await lab?.stop()
  stack?.remove()
})

/** Processes that run in the stack's folder: terraform and its provider. */
function processes(): string[] {
  return readdirSync('/proc').filter(entry => {
    try {
      return /^\d+$/.test(entry) && readlinkSync(`/proc/${entry}/cwd`) === stack.folder
    } catch {
      return false // it has ended
    }
  })
}

const noProcess = () =>
  waitFor('terraform and its provider to end', () => processes().length === 0 || undefined, 20_000)

/** Starts a deploy and waits until it has begun to change the hosts. */
async function startDeploy(): Promise<ReturnType<Stack['start']>> {
  const running = stack.start(['apply', '-auto-approve'])
  await waitFor('the first account on near', async () =>
    (await lab.hosts.near.exec('grep -q ^tun- /etc/passwd')).code === 0 ? true : undefined,
  )
  return running
}

async function finish(): Promise<void> {
  await stack.mustApply()
  const pages = await Promise.all([...Array(count).keys()].map(at => fetchPage(lab, portOf(at))))
  expect(pages).toEqual(Array(count).fill('hello from far\n'))
  expect(await stack.plan()).toMatchObject({ code: 0 })
  await stack.destroy()
  expect(await fingerprints(lab)).toEqual(before)
}

test('after a Ctrl-C the deploy ends cleanly, and what it had begun is taken back', async () => {
  const running = await startDeploy()
  process.kill(-running.pid, 'SIGINT')
  const { code, text } = await running.done
  expect(code).toBe(1)
  expect(text).toContain('Interrupt received')
  expect(text).toMatch(/Error: stopped before /)
  expect(text).not.toMatch(/plugin|panic|crash|Unexpected/i)
  await noProcess()
  expect(stack.state()?.resources ?? []).toEqual([])
  expect(await fingerprints(lab)).toEqual(before)
})

test('the next deploy finishes, and destroy leaves nothing', finish)

test('a killed terraform leaves no provider behind', async () => {
  const running = await startDeploy()
  process.kill(running.pid, 'SIGKILL')
  await running.done
  await noProcess()
})

test('the deploy after that finishes too, and destroy leaves nothing', finish)

describe('the command', () => {
  let command: CommandLine

  beforeAll(() => {
    command = makeCommandLine(lab)
    const web = (port: number) => ({
      client: 'near',
      server: 'middle',
      forward: 'remote',
      listen: `203.0.113.20:${port}`,
      far: 'far:80',
    })
    command.write('tunnels.yaml', {
      owner: 'me',
      hosts: {
        near: command.hostOf('near'),
        middle: { ...command.hostOf('middle'), sshd: { maxStartups: '30:30:90' } },
      },
      tunnels: { a: web(8100), b: web(8101), c: web(8102) },
    })
  })
  afterAll(() => command?.remove())

  /** Starts `apply`, and presses Ctrl-C when it says this. */
  async function interrupt(when: RegExp) {
    const child = lab.spawn('controller', ['node', program, 'apply', 'tunnels.yaml'], {
      cwd: command.folder,
      stdio: 'pipe',
    })
    const said = { stdout: '', stderr: '' }
    let pressed = false
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.setEncoding('utf8').on('data', (text: string) => {
        said[name] += text
        if (pressed || !when.test(said.stderr)) return
        pressed = true
        process.kill(-(child.pid ?? 0), 'SIGINT')
      })
    }
    const code = await new Promise<number>(resolve => child.on('close', resolve))
    return { code, ...said }
  }

  test('lets what runs come to its end after a Ctrl-C, and the next apply goes on', async () => {
    const early = await interrupt(/^middle: set sshd/m)
    expect(early.stderr).toContain('stopping: what runs now comes to its end')
    expect(early.stdout).toMatch(
      /^Done: settings of middle \(1 added, 0 changed, 0 destroyed\)\nNot done:\n {2}a: not begun$/m,
    )
    expect(early.code).toBe(130)

    const late = await interrupt(/make the key pair/)
    expect(late.stdout).toMatch(/^Done: nothing .*\nNot done:\n {2}a: stopped; what was begun is taken back$/m)
    expect(late.code).toBe(130)

    const { summary } = readDocument('change-hosts', await command.must('plan', 'tunnels.yaml', '--json'))
    expect(summary).toEqual({ add: 3, change: 0, destroy: 0 })
    await command.must('apply', 'tunnels.yaml')
    expect(await fetchPage(lab, 8102)).toBe('hello from far\n')
    await command.must('destroy', 'tunnels.yaml')
    expect(await fingerprints(lab)).toEqual(before)
  })
})
