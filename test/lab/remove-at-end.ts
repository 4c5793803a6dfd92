// Jest keeps exit and signals from what runs inside it, so a lab cannot go with its test file after Ctrl-C: Jest's own process sees to it.
import { readdirSync, readFileSync } from 'node:fs'
import { killGroup } from '../../lab/command'
import { removeLab, waitUntilGone } from '../../lab/remove-lab'
import { isAbandoned, listLabs } from '../../lab/state'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** To be called in the process whose end is the end of all tests. */
export function removeLabsAtEnd(): void {
  process.on('exit', removeOurs)
  for (const signal of signals) {
    process.once(signal, () => {
      endWorkers()
      removeOurs()
      // With the handler off, the signal does what it would have done.
      process.kill(process.pid, signal)
    })
  }
}

/** A worker that still runs would boot its next lab. */
function endWorkers(): void {
  const workers = readdirSync('/proc/self/task').flatMap(thread =>
    readFileSync(`/proc/self/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  )
  for (const pid of workers) {
    killGroup(pid)
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended already.
    }
  }
  waitUntilGone(workers, 3_000)
}

/** Those of this process, which has the tests in it when there is one file only, and of workers that have ended. */
function removeOurs(): void {
  for (const lab of listLabs()) if (lab.owner?.pid === process.pid || isAbandoned(lab)) removeLab(lab)
}
