// How long a program may run on a host. Past it, it is ended there (remote/limit.sh).

/** Seconds: two minutes for the lock that another deploy may hold, one and a half for its fresh login, and two for a slow host. */
const base = 330

/** Seconds for each line of its stdin: a step, as an account where the name service is slow, or a tunnel that is looked at. */
const each = 1

/** Seconds for a program with this stdin. */
export const limitOf = (stdin: string): number => base + each * stdin.split('\n').length

/** Seconds from its start until nobody waits for it any more: remote/limit.sh is through with ending it before that. */
export const lostAfter = (limit: number): number => limit + 45
