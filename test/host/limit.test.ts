// The time limit of a program: past it nothing of it is left on the host, and after an ordinary end nothing of the limit either.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fault } from '../../engine/fault'
import { reach } from '../../engine/host'
import { lateMark, makeCall } from '../../engine/host/quote'
import { makeRun } from '../../engine/host/run'
import { type Lab, makeLab } from './sshd'

let runs = 0

/** An environment that all descendants keep, and whether any of them is left. */
function tagged(): { readonly environment: NodeJS.ProcessEnv; left(): string[] } {
  const tag = `TUNNELS_TEST_RUN=${process.pid}.${++runs}`
  const has = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(tag)
    } catch {
      return false
    }
  }
  return {
    environment: { ...process.env, TUNNELS_TEST_RUN: tag.split('=')[1] },
    left: () => readdirSync('/proc').filter(name => /^\d+$/.test(name) && has(name)),
  }
}

/** Resolves once nothing is left; the test's own time limit is what fails. */
async function nothingOf({ left }: { left(): string[] }): Promise<void> {
  while (left().length > 0) await new Promise(resolve => setTimeout(resolve, 20))
}

async function faultOf(failing: Promise<unknown>): Promise<Fault> {
  const result = await failing.catch((error: unknown) => error)
  if (!(result instanceof Fault)) throw new Error(`expected a fault, got ${String(result)}`)
  return result
}

const shells = ['dash', 'bash', 'busybox'] as const
const folder = mkdtempSync(join(tmpdir(), 'limit-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** As a login shell of a session of its own does. */
async function run(shell: (typeof shells)[number], text: string, limit: number, stdin = '') {
  const { environment, left } = tagged()
  const { command, program } = makeCall('near', { name: 'try', text }, [], limit)
  const env = { ...environment, PATH: `${join(folder, shell)}:/usr/bin:/bin` }
  const child = spawn('/bin/sh', ['-c', `${command}; exit $?`], { env, detached: true })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', chunk => {
    stdout += chunk
  })
  child.stderr.on('data', chunk => {
    stderr += chunk
  })
  child.stdin.end(program + stdin)
  const [code] = await once(child, 'close')
  return { code, stdout, stderr, left }
}

const deaf = `sh -c 'trap "" ALRM TERM; while :; do sleep 600; done'`
const late = {
  hangs: 'sleep 600 & (sleep 600; echo no) | cat; echo no',
  deaf: `trap 'echo put back; limit_end' EXIT; ${deaf}; echo no`,
  endHangs: `trap '' ALRM; trap 'sleep 600; sleep 600; echo no' EXIT; sleep 600`,
}
/** Begun together, in each shell: to end some of them takes long. */
let ended: Record<(typeof shells)[number], Record<keyof typeof late, ReturnType<typeof run>>>

beforeAll(() => {
  const begin = (shell: (typeof shells)[number]) => {
    mkdirSync(join(folder, shell))
    symlinkSync(`/bin/${shell}`, join(folder, shell, 'sh'))
    const of = (text: string) => run(shell, text, 1)
    return { hangs: of(late.hangs), deaf: of(late.deaf), endHangs: of(late.endHangs) }
  }
  ended = { dash: begin('dash'), bash: begin('bash'), busybox: begin('busybox') }
})

describe.each(shells)('where sh is %s', shell => {
  test('after an ordinary end, of whatever kind, nothing is left', async () => {
    for (const [text, expected] of [
      ['cat', 0],
      ['exit 7', 7],
      ['set -e; false', 1],
      ['kill -KILL $$', 137],
    ] as const) {
      const ran = await run(shell, text, 600, 'and stdin\n')
      expect(ran.code).toBe(expected)
      await nothingOf(ran)
    }
  })

  test('a program that hangs is ended with all that it has started, and the login shell tells how', async () => {
    const ran = await ended[shell].hangs
    expect(ran.code).toBe(124)
    expect(ran.stdout).not.toContain('no\n')
    expect(ran.stderr).toContain(lateMark)
    await nothingOf(ran)
  })

  test('one that does not hear is killed, and what the program does at its end is done', async () => {
    const ran = await ended[shell].deaf
    expect([ran.code, ran.stdout.split('\n').slice(1)]).toEqual([124, ['put back', '']])
    await nothingOf(ran)
  })
})

test('on this machine the fault names host, program and time, and shows what it has said', async () => {
  const { environment, left } = tagged()
  const near = await reach({ name: 'near', local: true }, { environment })
  const fault = await faultOf(near.run({ name: 'wait', text: 'echo "so far" >&2; sleep 600' }, [], '', 1))
  expect([fault.code, fault.what]).toEqual(['took-too-long', 'wait was still running on near after 1 s, its limit'])
  expect(fault.happened).toContain('it was ended there\nso far\n')
  expect(fault.cure).toContain('see what hangs on near')
  await nothingOf({ left })
})

test('a host that does not say that it has ended is not waited for', async () => {
  const waits: number[] = []
  const run = makeRun({
    name: 'far',
    login: 'root@far',
    isRoot: true,
    exec: async (_command, _stdin, waitMs) => {
      waits.push(waitMs)
      return { kind: 'silent' }
    },
  })
  expect((await faultOf(run({ name: 'look', text: ':' }, [], 'line\n'.repeat(1000)))).code).toBe('took-too-long')
  await faultOf(run({ name: 'look', text: ':' }, []))
  // More work has more time.
  expect(waits[0]).toBeGreaterThan(waits[1] ?? 0)
})

describe('over SSH', () => {
  let lab: Lab
  beforeAll(() => {
    lab = makeLab()
  })
  afterAll(() => lab.end())

  test('a program that hangs is ended although the connection is gone', async () => {
    const { host, logged } = await lab.startSshd('middle')
    const middle = await reach(host)
    const own = tagged()
    const text = `export TUNNELS_TEST_RUN="$1"; sleep 600 & echo "$!" >"$2/begun.new"; mv "$2/begun.new" "$2/begun"; sleep 600`
    const running = faultOf(
      middle.run({ name: 'hang', text }, [own.environment.TUNNELS_TEST_RUN ?? '', lab.dir], '', 3),
    )
    while (!existsSync(join(lab.dir, 'begun'))) await new Promise(resolve => setTimeout(resolve, 20))
    middle.close()
    expect((await running).code).toBe('connection-lost')
    await logged(/Disconnected from user root/)
    expect(own.left()).not.toEqual([])
    await nothingOf(own)
  })
})

test.each(shells)('where sh is %s, one whose end hangs too is ended all the same', async shell => {
  const ran = await ended[shell].endHangs
  expect(ran.code).toBe(137)
  expect(ran.stdout).not.toContain('no\n')
  await nothingOf(ran)
})
