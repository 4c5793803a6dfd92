// The ssh that runs: its end, and what is told of both.
import type { ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import { plain, plainJson } from '../../schemas/plain'
import type { Words } from '../command'
import type { Heard } from '../hear-ssh'
import type { ToOpen } from '../ssh-args'

export const ended = (child: ChildProcess): Promise<number> =>
  new Promise(resolve => {
    child.on('error', why => {
      process.stderr.write(`${plain(why.message)}\n`)
      resolve(127)
    })
    child.on('close', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)))
  })

interface Told {
  readonly name: string | null
  readonly pid: number | null
  readonly toOpen: ToOpen
  readonly heard: Heard
}

export function tell(words: Words, { name, pid, toOpen, heard }: Told): void {
  const { listens, taken } = heard
  if (words.has('json')) {
    process.stdout.write(
      `${plainJson({ command: 'open', name, pid, ssh: toOpen.shown, listens, taken, errors: [] }, 2)}\n`,
    )
    return
  }
  const said = [
    ...listens.map(one => `listens on ${one}\n`),
    ...taken.map(
      one =>
        `${toOpen.server} has taken ${one}; on which address it listens its GatewayPorts decides: ssh-tunnels list tells\n`,
    ),
    ...(name === null ? [] : [`goes on as pid ${pid}; ssh-tunnels close ${name} ends it\n`]),
  ]
  process.stdout.write(plain(said.join('')))
}

export function sayEnded(words: Words, toOpen: ToOpen, code: number, wasUp: boolean): void {
  const message = wasUp
    ? `ssh has ended (exit status ${code})`
    : `ssh has ended (exit status ${code}) before it listened: see what it says above, or with -v`
  // A document stands there already when it was up.
  if (words.has('json') && !wasUp) {
    const error = { about: toOpen.shown, code: 'not-listening', host: toOpen.server, message }
    process.stdout.write(
      `${plainJson({ command: 'open', name: null, pid: null, ssh: toOpen.shown, listens: [], taken: [], errors: [error] }, 2)}\n`,
    )
  } else process.stderr.write(`${message}\n`)
}
