// The parent: a provider whose Terraform was killed must not stay behind.
const EVERY = 250
const PATIENCE = 120_000

/** The answer to every question "is Terraform still there?", calling back once when it is not. */
export function watchParent(orphaned: (why: string) => void): { connected(): void } {
  const parent = process.ppid
  const poll = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(poll)
    orphaned('Terraform has gone')
  }, EVERY)
  // Killed before the first look at ppid, Terraform leaves no other trace than that it never calls.
  const silence = setTimeout(() => orphaned('Terraform never called'), PATIENCE)
  poll.unref()
  silence.unref()
  return { connected: () => clearTimeout(silence) }
}
