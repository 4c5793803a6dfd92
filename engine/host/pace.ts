// A few at a time: nobody's sshd shall drop connections because of us.

/** Runs work at most so many at a time for each key; who waits goes in turn. */
export function pace(most: number): <Value>(key: string, work: () => Promise<Value>) => Promise<Value> {
  const lanes = new Map<string, { running: number; waiting: (() => void)[] }>()
  return async (key, work) => {
    const lane = lanes.get(key) ?? { running: 0, waiting: [] }
    lanes.set(key, lane)
    while (lane.running >= most) await new Promise<void>(go => lane.waiting.push(go))
    lane.running++
    try {
      return await work()
    } finally {
      lane.running--
      lane.waiting.shift()?.()
    }
  }
}
