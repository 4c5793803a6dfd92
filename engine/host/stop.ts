// Ctrl-C: from then on no host is changed any further; what runs there comes to its end.
let stopped = false
let tell: () => void
const asked = new Promise<void>(resolve => {
  tell = resolve
})

export function stop(): void {
  stopped = true
  tell()
}

export const isStopped = (): boolean => stopped

/** What it resolves to, or undefined as soon as we are stopped: it goes on, and nobody waits for it. */
export const unlessStopped = <Value>(work: Promise<Value>): Promise<Value | undefined> =>
  Promise.race([work, asked.then(() => undefined)])
