// Who asks at about the same time is served together: Terraform brings its resources one by one, ten at a time.

/** Milliseconds: how long nobody else must come before the work begins, and how long the first waits at most. */
const quiet = 25
const longest = 250

/** The function that takes one item; `work` gets all that came together. */
export function gather<Item>(work: (items: readonly Item[]) => void): (item: Item) => void {
  let waiting: Item[] = []
  let timer: NodeJS.Timeout | undefined
  let since = 0
  const begin = () => {
    const items = waiting
    waiting = []
    work(items)
  }
  return item => {
    if (waiting.length === 0) since = Date.now()
    waiting.push(item)
    clearTimeout(timer)
    timer = setTimeout(begin, Math.min(quiet, Math.max(0, since + longest - Date.now())))
  }
}
