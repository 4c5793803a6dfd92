// What is asked once for a connection: an answer is kept, a failure is not.

/** The same promise for all who ask, until it rejects. */
export function keepAnswer<Answer>(ask: () => Promise<Answer>): () => Promise<Answer> {
  let kept: Promise<Answer> | undefined
  return () => {
    if (kept) return kept
    const asked = ask()
    kept = asked
    asked.catch(() => {
      if (kept === asked) kept = undefined
    })
    return asked
  }
}
