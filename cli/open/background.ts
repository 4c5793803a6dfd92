// `open -f`: ssh goes on under a name when it listens, and is ended when it does not.
import { type ChildProcess, spawn } from 'node:child_process'
import { openSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Words, WrongWords } from '../command'
import { hearSsh } from '../hear-ssh'
import { folderOf, forget, identify, isAlive, logOf, recall, remember, take } from '../open-state'
import { waitingFor } from '../progress'
import { hearSignals, stoppedCode } from '../stop'
import { readAsked } from './asked'
import { ended, sayEnded, tell } from './child'

/** Resolves to the exit status. */
export async function inBackground(words: Words): Promise<number> {
  const asked = await readAsked(words)
  if (!asked) return 1
  const { name } = asked
  const before = recall(name)
  if (before && isAlive(before))
    throw new WrongWords(`${name} is open already (pid ${before.pid}): ssh-tunnels close ${name}, or --name another`)
  const other = take(name)
  if (other !== null) throw new WrongWords(`${name} is being opened (pid ${other}): wait for it, or --name another`)
  let child: ChildProcess | null = null
  let isUp = false
  let isAsked = false
  // It has a session of its own, so that a Ctrl-C does not come to it: before it has a name nobody else could end it.
  hearSignals(() => {
    isAsked = true
  })
  try {
    const toOpen = asked.prepare(folderOf(name), { isSilent: true, isVerbose: words.has('verbose') })
    const log = openSync(logOf(name), 'w', 0o600)
    child = spawn('ssh', toOpen.argv, { detached: true, stdio: ['ignore', log, log] })
    let code: number | null = null
    void ended(child).then(one => {
      code = one
    })
    const ear = hearSsh(toOpen.atServer, words.has('verbose'), line => process.stderr.write(`${line}\n`))
    await waitingFor(`waiting for ${toOpen.server}`, async () => {
      for (let read = 0; !ear.heard().isReady && code === null && !isAsked; ) {
        await sleep(50)
        const text = readFileSync(logOf(name), 'utf8')
        ear.hear(text.slice(read))
        read = text.length
      }
    })
    if (isAsked) return stoppedCode
    const who = child.pid === undefined ? null : identify(child.pid)
    if (!ear.heard().isReady || !who || child.pid === undefined) {
      sayEnded(words, toOpen, code ?? 1, false)
      return 1
    }
    const { listens } = ear.heard()
    remember({ name, pid: child.pid, ...who, command: toOpen.shown, listens, since: new Date().toISOString() })
    isUp = true
    child.unref()
    tell(words, { name, pid: child.pid, toOpen, heard: ear.heard() })
    return 0
  } finally {
    if (!isUp) {
      endGroup(child)
      forget(name)
    }
  }
}

/** With the ssh of its jump hosts. */
function endGroup(child: ChildProcess | null): void {
  if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    process.kill(-child.pid, 'SIGTERM')
  } catch {
    // It has ended just now.
  }
}
