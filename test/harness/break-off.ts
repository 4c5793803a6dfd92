// Breaking off a change at a chosen place: a pool around another, so around real hosts as well as around made-up ones.
import { Fault } from '../../engine/fault'
import type { Reach } from '../../engine/host'
import type { Pool } from '../../engine/host/pool'

/**
 * Where: at the N-th call to a host (a program that it runs, or a dial); before the N-th of the lines that all its batches of this run
 * are given, each batch's end being a line too; or before the N-th call of one of these programs in its B-th batch. All count from 1.
 *
 * How: `before` and `after` cut the connection, so that the call is not made, or that its answer is lost. `program` kills the batch on the
 * host with all its children. `power` does the same, and then this process, which so takes nothing back. `wait` lets the batch wait there
 * until somebody has made the file /run/go-on; that it waits a file /run/breaks-off tells.
 */
export type Break =
  | { readonly host: string; readonly call: number; readonly how: 'before' | 'after' }
  | { readonly host: string; readonly line: number; readonly how: 'program' | 'power' | 'wait' }
  | {
      readonly host: string
      readonly batch: number
      readonly program: number
      readonly of: readonly string[]
      readonly how: 'program' | 'power'
    }

/** What one run came by, in its order: the places where it can be broken off. */
export interface Passed {
  readonly host: string
  readonly call: string
  /** The verbs of a batch, and its end. */
  readonly lines: readonly string[]
}

/** 128 + SIGKILL. */
const killedStatus = 137
const divider = '\x1f'
/** Names that no program text of ours has. */
const breaker = 'break_off'
const killer = `${breaker}() { kill -KILL 0; }\n`
const waiter = `${breaker}() { : >/run/breaks-off; until [ -e /run/go-on ]; do sleep 0.1; done; rm -f /run/breaks-off /run/go-on; }\n`

/** A shell finds its functions before programs of the same name. What is called in a subshell counts there alone. */
const countingUpTo = (program: number, programs: readonly string[]): string =>
  `break_off_at=${program}
break_off_counts() { break_off_at=$((break_off_at - 1)); [ "$break_off_at" -ne 0 ] || kill -KILL 0; command "$@"; }
for program in ${programs.join(' ')}; do eval "$program() { break_off_counts $program \\"\\$@\\"; }"; done
`

/** The verbs that a batch's standard input lists. */
const verbsOf = (stdin: string): string[] =>
  stdin
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('look_'))
    .map(line => line.split(divider)[0] ?? '')

export function breakingOff(pool: Pool, at: Break | null, passed: Passed[]): Pool {
  const wrapped = new WeakMap<Reach, Reach>()
  const wrap = (reach: Reach): Reach => {
    const there = wrapped.get(reach) ?? breakReach(reach, at, passed)
    wrapped.set(reach, there)
    return there
  }
  return {
    connect: async host => wrap(await pool.connect(host)),
    connectAfresh: async host => wrap(await pool.connectAfresh(host)),
    closeAll: () => pool.closeAll(),
  }
}

function breakReach(reach: Reach, at: Break | null, passed: Passed[]): Reach {
  const here = () => passed.filter(({ host }) => host === reach.name)
  const call = async <Answer>(name: string, lines: readonly string[], make: () => Promise<Answer>): Promise<Answer> => {
    passed.push({ host: reach.name, call: name, lines })
    const cut = at && 'call' in at && at.host === reach.name && at.call === here().length ? at.how : null
    if (cut === 'before') throw lose(reach, name)
    const answer = await make()
    if (cut === 'after') throw lose(reach, name)
    return answer
  }
  return {
    name: reach.name,
    hostKey: reach.hostKey,
    closed: reach.closed,
    close: () => reach.close(),
    ownAddress: () => reach.ownAddress(),
    dial: (address, port) => call('dial', [], () => reach.dial(address, port)),
    run(script, args, stdin = '') {
      const killed = async (text: string, input: string) => {
        const ran = await reach.run({ ...script, text }, args, input)
        if (ran.code === killedStatus && at?.how === 'power') process.kill(process.pid, 'SIGKILL')
        return ran
      }
      const lines = script.name === 'batch' ? verbsOf(stdin) : []
      const batches = here().filter(one => one.call === 'batch').length
      if (at && 'program' in at && at.host === reach.name && script.name === 'batch' && at.batch === batches + 1) {
        return call(script.name, lines, () => killed(countingUpTo(at.program, at.of) + script.text, stdin))
      }
      const before = here().reduce((sum, one) => sum + one.lines.length, 0)
      const line = at && 'line' in at && at.host === reach.name ? at.line - before : 0
      if (line < 1 || line > lines.length) return call(script.name, lines, () => reach.run(script, args, stdin))
      const text = at?.how === 'wait' ? waiter : killer
      return call(script.name, lines, () => killed(text + script.text, insertBreak(stdin, line)))
    },
  }
}

/** Before the N-th line that is no request of a look. */
function insertBreak(stdin: string, line: number): string {
  const all = stdin.split('\n')
  const looks = all.filter(one => one.startsWith('look_')).length
  return all.toSpliced(looks + line - 1, 0, breaker).join('\n')
}

function lose(reach: Reach, program: string): Fault {
  reach.close()
  return new Fault({
    code: 'connection-lost',
    host: reach.name,
    script: program,
    what: `the connection to ${reach.name} was lost while ${program} ran`,
    cure: 'run the same again',
  })
}

/** Every place at which the calls of a run can be cut off. */
export const callsOf = (passed: readonly Passed[]): Break[] =>
  numbered(passed, () => ['']).flatMap(({ host, at }) => [
    { host, call: at, how: 'before' as const },
    { host, call: at, how: 'after' as const },
  ])

export interface Line {
  readonly host: string
  readonly line: number
  readonly verb: string
}

/** Every line of every batch of a run. */
export const linesOf = (passed: readonly Passed[]): Line[] =>
  numbered(passed, ({ lines }) => lines).map(({ host, at, what }) => ({ host, line: at, verb: what }))

function numbered(passed: readonly Passed[], listOf: (one: Passed) => readonly string[]) {
  const counts = new Map<string, number>()
  return passed.flatMap(one =>
    listOf(one).map(what => {
      const at = (counts.get(one.host) ?? 0) + 1
      counts.set(one.host, at)
      return { host: one.host, at, what }
    }),
  )
}
