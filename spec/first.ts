// The first of many, without making the others.

export function first<One>(most: number, all: Iterable<One>): One[] {
  const found: One[] = []
  for (const one of all) {
    if (found.length === most) break
    found.push(one)
  }
  return found
}
