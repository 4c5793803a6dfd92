// Our own probes must not trip anybody's MaxStartups: few at a time for each far, and few in all.

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

/** sshd's default MaxStartups drops connections from the eleventh on that have not logged in (sshd_config(5)); a probe of it never does. */
const forEachFar = pace(3)
const inAll = pace(8)

export const paced = <Value>(far: string, work: () => Promise<Value>): Promise<Value> =>
  forEachFar(far, () => inAll('', work))
