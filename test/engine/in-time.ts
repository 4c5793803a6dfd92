// Time that passes as it is told to, where fifteen seconds of patience would be sat out.

/** Call at the head of a file or a describe: until the end of each of its tests the clock stands. */
export function stopClock(): void {
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] }))
  afterEach(() => jest.useRealTimers())
}

/** What work comes to, while time flies, for an hour at most: what takes real time, on a busy machine too, is waited for as well. */
export async function inTime<Value>(work: Promise<Value>): Promise<Value> {
  let pending = true
  const end = () => {
    pending = false
  }
  work.then(end, end)
  for (let at = 0; at < 36_000 && pending; at++) await jest.advanceTimersByTimeAsync(100)
  return work
}
