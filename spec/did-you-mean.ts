// Finds the word that was probably meant.

/** The nearest of `choices`, or null when none is near enough. Case, hyphens and underscores do not count. */
export function findMeant(word: string, choices: readonly string[]): string | null {
  const plain = simplify(word)
  let best: string | null = null
  let least = Math.max(1, Math.floor(plain.length / 3)) + 1
  for (const choice of choices) {
    const distance = countEdits(plain, simplify(choice))
    // A word of one or two letters is near to every other.
    if (distance < least && distance < Math.max(plain.length, choice.length) / 2) {
      best = choice
      least = distance
    }
  }
  return best
}

function simplify(word: string): string {
  return word
    .toLowerCase()
    .replace(/[-_\s]/g, '')
    .slice(0, 64)
}

/** Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment distance). */
function countEdits(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitute = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swap = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(beforeLast, j - 2) + 1 : Number.POSITIVE_INFINITY
      row.push(Math.min(at(last, j) + 1, at(row, j - 1) + 1, substitute, swap))
    }
    beforeLast = last
    last = row
  }
  return at(last, b.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY
}

export function suggest(word: string, choices: readonly string[]): string | undefined {
  const meant = findMeant(word, choices)
  return meant === null ? undefined : `did you mean ${meant}?`
}
