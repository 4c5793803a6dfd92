// All attempts on one stage: several at a time where none is in another's way, then one by one, then those that need the tunnels' units stopped.
import type { Attempt, Login } from './attempt'
import type { Outcome, Stage } from './thief'

export interface Tried {
  readonly attempt: Attempt
  readonly outcome: Outcome
}

/** They take up a port, a device or a file that others want too. */
const inTheWay = ({ tries, seen }: Attempt) => seen !== undefined || /\b(hold|as_account)\b/.test(tries)

const atOnce = 4

export async function tryEach(
  stage: Stage,
  list: readonly Attempt[],
  whose: (attempt: Attempt) => Login,
): Promise<Tried[]> {
  const all: Tried[] = []
  const work = async (queue: Attempt[]) => {
    for (let attempt = queue.shift(); attempt; attempt = queue.shift()) {
      all.push({ attempt, outcome: await stage.tryIt(attempt, whose(attempt)) })
    }
  }
  const beside = list.filter(({ alone }) => !alone)
  const quick = beside.filter(attempt => !inTheWay(attempt))
  await Promise.all(Array.from({ length: atOnce }, () => work(quick)))
  await work(beside.filter(inTheWay))
  const alone = list.filter(one => one.alone)
  if (alone.length > 0) {
    await stage.setUnits('stop')
    await work(alone)
    await stage.setUnits('start')
  }
  return all
}
