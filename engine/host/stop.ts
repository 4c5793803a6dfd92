// Ctrl-C: from then on no host is changed any further; what runs there comes to its end.
let stopped = false

export function stop(): void {
  stopped = true
}

export const isStopped = (): boolean => stopped
