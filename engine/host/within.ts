// What takes too long is waited for no longer: a limit on any work that has none of its own.

/** What comes of it, or `instead` after so many milliseconds; of what it comes to later nobody hears. */
export function within<Value, Instead>(
  ms: number,
  work: Promise<Value>,
  instead: () => Instead,
): Promise<Value | Instead> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Instead>(resolve => {
    timer = setTimeout(() => resolve(instead()), ms)
  })
  // It may fail when nobody waits any more.
  work.catch(() => {})
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}
