// Circles among names that lead to names. Pure.

export interface Circle {
  /** Whose entry closes it, and which of its entries. */
  readonly name: string
  readonly index: number
  /** From where it comes back to, in order. */
  readonly circle: readonly string[]
}

/** Each once. Without recursion: a chain may be as long as the file. */
export function* findCircles(names: readonly string[], nextOf: (name: string) => readonly string[]): Generator<Circle> {
  const done = new Set<string>()
  for (const start of names) {
    if (done.has(start)) continue
    const way = [{ name: start, next: 0 }]
    const places = new Map([[start, 0]])
    for (let last = way.at(-1); last; last = way.at(-1)) {
      const { name } = last
      const index = last.next++
      const next = nextOf(name)[index]
      if (next === undefined) {
        done.add(name)
        places.delete(name)
        way.pop()
        continue
      }
      const at = places.get(next)
      if (at !== undefined) yield { name, index, circle: way.slice(at).map(one => one.name) }
      else if (!done.has(next)) {
        places.set(next, way.length)
        way.push({ name: next, next: 0 })
      }
    }
  }
}

/** Names of a circle. */
const longestTold = 16

export const tellCircle = (circle: readonly string[], between: string): string =>
  [...circle.slice(0, longestTold), ...(circle.length > longestTold ? ['...'] : []), ...circle.slice(0, 1)].join(
    between,
  )
