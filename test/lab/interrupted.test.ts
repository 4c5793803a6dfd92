// A deploy that somebody breaks off: it ends cleanly, no process stays, the next deploy goes on from what is there.
import { readdirSync, readlinkSync } from 'node:fs'
import { type Lab, startLab } from '../../lab'
import { waitFor } from '../../lab/command'
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
