// Our own probes must not get the dialling host shut out. Since 9.8 sshd holds a second against whoever connects and does not log in, and takes
// no more connections from where more than 15 have come together; time forgives them (PerSourcePenalties in sshd_config(5), noauth and min).

/** Milliseconds. Others connect from there too. */
const most = 8_000
const each = 1_000

const counts = (banner: string): boolean => {
  const [, major = '0', minor = '0'] = /^SSH-2\.0-OpenSSH_(\d+)\.(\d+)/.exec(banner) ?? []
  return Number(major) > 9 || (major === '9' && Number(minor) >= 8)
}

/** What stands against us at each far. */
export function makePenalties() {
  const forgivenAt = new Map<string, number>()
  const since = (far: string, now: number) => Math.max(forgivenAt.get(far) ?? 0, now)
  return {
    /** Milliseconds until it may be asked once more. */
    wait: (far: string, now: number): number => Math.max(0, since(far, now) - now + each - most),
    /** It has greeted us with this. */
    greeted(far: string, banner: string, now: number): void {
      if (counts(banner)) forgivenAt.set(far, since(far, now) + each)
    },
  }
}
