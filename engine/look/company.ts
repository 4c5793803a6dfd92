// Who asks at about the same time is served together: Terraform brings its resources one by one, ten at a time.

/** Milliseconds without a newcomer until a company sets out. After one has come home longer, or until as many have followed. */
const quiet = 40
const quietAfterwards = 150
const quietWhenAllFollowed = 20
/** How long the first of a company waits for others, and how long at most while others are on the way to the same hosts. */
const longest = 400
const longestBehindOthers = 5_000

interface Waiting<Item> {
  readonly item: Item
  readonly since: number
}

/**
 * The function that takes one item. `work` gets those that came together and have a host in common, if only by way of others; it must not
 * reject. Who has no host in common with others does not wait for them.
 */
export function companies<Item>(
  loginsOf: (item: Item) => readonly string[],
  work: (items: readonly Item[]) => Promise<void>,
): (item: Item) => void {
  let waiting: Waiting<Item>[] = []
  const underway = new Set<ReadonlySet<string>>()
  let timer: NodeJS.Timeout | undefined
  let lastHome = 0
  /** Of those who have come home since one last set out: how many places no newcomer has taken yet. Null when nobody has. */
  let free: number | null = null

  const schedule = () => {
    clearTimeout(timer)
    const [first] = waiting
    if (!first) return
    const now = Date.now()
    const pause = free === 0 ? quietWhenAllFollowed : now - lastHome < quietAfterwards ? quietAfterwards : quiet
    const most = underway.size > 0 ? longestBehindOthers : longest
    timer = setTimeout(setOut, Math.max(0, Math.min(pause, Math.max(first.since, lastHome) + most - now)))
  }

  const setOut = () => {
    const held: Waiting<Item>[] = []
    for (const group of apart(waiting, ({ item }) => loginsOf(item))) {
      const oldest = Math.min(...group.members.map(({ since }) => since))
      const isBehind = [...underway].some(others => [...group.logins].some(login => others.has(login)))
      if (isBehind && Date.now() - oldest < longestBehindOthers) held.push(...group.members)
      else start(group.logins, group.members)
    }
    waiting = held
    const oldest = Math.min(...held.map(({ since }) => since))
    if (held.length > 0) timer = setTimeout(setOut, oldest + longestBehindOthers - Date.now())
  }

  const start = (logins: ReadonlySet<string>, members: readonly Waiting<Item>[]) => {
    underway.add(logins)
    free = null
    void work(members.map(({ item }) => item)).finally(() => {
      underway.delete(logins)
      lastHome = Date.now()
      free = (free ?? 0) + members.length
      schedule()
    })
  }

  return item => {
    waiting.push({ item, since: Date.now() })
    // More than have come home: then nobody knows how many will.
    if (free !== null) free = free > 0 ? free - 1 : null
    schedule()
  }
}

interface Group<Member> {
  readonly logins: ReadonlySet<string>
  readonly members: readonly Member[]
}

/** Those that have no host in common, even by way of others, need not wait for each other. */
export function apart<Member>(
  members: readonly Member[],
  loginsOf: (member: Member) => readonly string[],
): Group<Member>[] {
  let groups: Group<Member>[] = []
  for (const member of members) {
    const own = loginsOf(member)
    const touched = groups.filter(({ logins }) => own.some(login => logins.has(login)))
    groups = [
      ...groups.filter(group => !touched.includes(group)),
      {
        logins: new Set([...touched.flatMap(({ logins }) => [...logins]), ...own]),
        members: [...touched.flatMap(group => group.members), member],
      },
    ]
  }
  return groups
}
