// Reaches this machine itself, without SSH.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { constants, userInfo } from 'node:os'
import { isSocket } from '../../schemas/address'
import { isUsers } from '../../schemas/as-user'
import type { Host } from '../../schemas/types'
import { passwordFor, withoutPasswords } from './become-password'
import { connectSocket, connectTcp } from './connect'
import { dialFailed, dialProhibited } from './dial-faults'
import { feed } from './feed'
import { type Gathered, gather } from './gather'
import type { Reach } from './reach'
import { makeRun } from './run'
import type { Ended } from './ssh'

export function reachLocal(host: Host, timeoutMs: number, environment: NodeJS.ProcessEnv): Reach {
  const children = new Set<ChildProcessWithoutNullStreams>()
  let end = () => {}
  const closed = new Promise<void>(resolve => {
    end = resolve
  })
  return {
    name: host.name,
    hostKey: null,
    ownAddress: () => Promise.resolve(null),
    run: makeRun({
      name: host.name,
      login: `${userInfo().username}@localhost`,
      isRoot: process.getuid?.() === 0,
      become: host.become,
      asUser: isUsers(host),
      password: passwordFor(host, environment),
      passwordEnv: host.becomePasswordEnv,
      exec: (command, stdin, waitMs, password) =>
        execLocal(command, stdin, waitMs, password, withoutPasswords(environment), children),
    }),
    dial: async (address, port) => {
      const result = await (isSocket(address) ? connectSocket(address) : connectTcp(address, port, timeoutMs))
      if ('why' in result && result.code === 'EACCES') throw dialProhibited(host.name, address, port, result.why)
      if ('why' in result) throw dialFailed(host.name, address, port, result.why)
      return result
    },
    closed,
    close: () => {
      // What nobody waits for any more must not keep this process alive.
      for (const child of children) letGo(child)
      end()
    },
  }
}

function letGo(child: ChildProcessWithoutNullStreams): void {
  child.unref()
  for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as Partial<Socket>).unref?.()
}

/** The same command line as over SSH, so that both take and refuse the same. */
function execLocal(
  command: string,
  stdin: string,
  waitMs: number,
  password: string | undefined,
  environment: NodeJS.ProcessEnv,
  children: Set<ChildProcessWithoutNullStreams>,
): Promise<Ended> {
  return new Promise(resolve => {
    // In a session of its own: a Ctrl-C at the terminal is ours to hear, and must not end a change half-way.
    const child = spawn('sh', ['-c', command], { cwd: '/', env: environment, detached: true })
    children.add(child)
    const [stdout, stderr] = [gather(), gather()]
    const take = (into: Gathered) => (chunk: Buffer) => {
      if (into.add(chunk)) return
      resolve({ kind: 'flood' })
      // As where a connection ends: it writes to nobody.
      for (const stream of [child.stdout, child.stderr]) stream.destroy()
    }
    child.stdout.on('data', take(stdout))
    child.stderr.on('data', take(stderr))
    const giveUp = setTimeout(() => {
      resolve({ kind: 'silent' })
      letGo(child)
    }, waitMs)
    giveUp.unref()
    child.on('error', error => resolve({ kind: 'refused', why: error.message }))
    child.on('close', (status, signal) => {
      children.delete(child)
      clearTimeout(giveUp)
      const note = signal ? `ended by signal ${signal}\n` : ''
      const code = status ?? 128 + (signal ? constants.signals[signal] : 127)
      resolve({
        kind: 'ran',
        stdout: stdout.text(),
        stderr: stderr.text() + note,
        code,
      })
    })
    // A program that ends without reading its stdin is no error.
    child.stdin.on('error', () => {})
    const fed = feed(child.stdin, stdin, password)
    child.stdout.on('data', fed.out)
    child.stderr.on('data', fed.err)
  })
}
