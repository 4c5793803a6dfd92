// Labs that go when this process goes. A kill -9 leaves them; then the next start removes them.
import { removeLab } from './remove-lab'
import type { LabState } from './state'

const owned = new Map<string, LabState>()
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export function own(lab: LabState): void {
  if (owned.size === 0) {
    process.on('exit', removeOwned)
    for (const signal of signals) process.on(signal, removeOwnedAndEnd)
  }
  owned.set(lab.id, lab)
}

export function disown(lab: LabState): void {
  owned.delete(lab.id)
  if (owned.size > 0) return
  process.off('exit', removeOwned)
  for (const signal of signals) process.off(signal, removeOwnedAndEnd)
}

function removeOwned(): void {
  for (const lab of [...owned.values()]) {
    removeLab(lab)
    disown(lab)
  }
}

function removeOwnedAndEnd(signal: NodeJS.Signals): void {
  removeOwned()
  // With the handlers off, the signal does what it would have done.
  process.kill(process.pid, signal)
}
