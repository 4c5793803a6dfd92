// The tunnel's key pair on the client, and the host keys that it pins: the server's, and those of the jump hosts before it.
import type { Key } from '../../schemas/types'
import { type Check, ok } from './check'
import { knownAfterApply, oddity, type Part, type Step } from './part'
import type { Snapshot } from './snapshot'

export interface KeyAt {
  /** Path of the private key. */
  readonly path: string
  readonly knownHosts: string
  readonly account: string
  /** The path of a private key on the client that was given for it; default: it is made. */
  readonly from?: string
  /** How known_hosts names the server: `host` or `[host]:port`. */
  readonly server: string
  /** The jump hosts, in the same way. */
  readonly jumps?: readonly string[]
  /** What the key should have been made for; undefined: it is good whatever it was made for. */
  readonly rotate?: string
  /** The server lets the next key in beside the one that stands. */
  readonly nextIsIn?: boolean
}

/** Where the next key waits until the server lets it in. */
export const nextOf = (path: string): string => `${path}.next`

/** The next key, where one waits that is as wanted. */
export const readyNext = (on: Snapshot, { path, rotate }: Pick<KeyAt, 'path' | 'rotate'>): string | null => {
  const isWanted = rotate === undefined || on.rotations[nextOf(path)] === rotate
  return (isWanted && on.keys[nextOf(path)]) || null
}

/** How known_hosts names them, the server first: a line each. */
const namesOf = ({ server, jumps = [] }: KeyAt) => [server, ...jumps]

type Pinned = Pick<Key, 'hostKey' | 'jumpHostKeys'>

const writePinned = (at: KeyAt, keys: Pinned): string =>
  keysOf(keys)
    .map((one, line) => `${namesOf(at)[line]} ${one}\n`)
    .join('')

const keysOf = ({ hostKey, jumpHostKeys = [] }: Pinned) => [hostKey, ...jumpHostKeys]
const isSame = (a: Pinned, b: Pinned) => keysOf(a).join('\n') === keysOf(b).join('\n')

/** Anything but our own lines is a difference, shown as it stands. */
function readPinned(text: string, at: KeyAt): Pinned {
  const names = namesOf(at)
  const lines = text.split('\n')
  const last = names.length - 1
  const whole = text.endsWith('\n') ? [...lines.slice(0, last), lines.slice(last, -1).join('\n')] : []
  const keys = names.flatMap((name, line) => {
    const start = `${name} `
    return whole[line]?.startsWith(start) ? [whole[line].slice(start.length)] : []
  })
  const [hostKey = text, ...jumpHostKeys] = keys.length === names.length ? keys : []
  return { hostKey, ...(at.jumps && { jumpHostKeys }) }
}

export const key: Part<Key, KeyAt> = {
  kind: 'key',
  needs: ['ssh-keygen'],

  observe(on, at) {
    const publicKey = on.keys[at.path]
    const known = on.files[at.knownHosts]
    const next = on.keys[nextOf(at.path)] === undefined ? '' : ` (and ${nextOf(at.path)})`
    if (publicKey === undefined && !known && !next) return null
    const shown = readPinned(known?.text ?? '', at)
    return {
      path: at.path + next,
      publicKey: publicKey ?? '',
      ...(at.rotate === undefined ? {} : { rotation: on.rotations[at.path] ?? '' }),
      ...shown,
      hostKey: shown.hostKey + (known ? oddity(known) : ''),
    }
  },

  // The account that it is for says whose it is.
  owner: () => null,

  plan(want, have, on, at) {
    const next = nextOf(at.path)
    if (!want) {
      const files = [[at.path, at.knownHosts], ...(on.keys[next] === undefined ? [] : [[next]])]
      return have
        ? files.map(args => ({ why: `remove key ${args[0]}`, phase: 'unmake', verb: 'files_remove', args }))
        : []
    }
    return [
      ...planPair(have, on, at),
      ...(have && isSame(have, want)
        ? []
        : [
            {
              why: `pin the host key${at.jumps ? 's' : ''} of ${namesOf(at).join(', ')}`,
              phase: 'make',
              verb: 'file_put',
              args: [at.knownHosts, '644'],
              content: writePinned(at, want),
            } as const,
          ]),
    ]
  },

  checks(want, on, at, host) {
    const link = 'host key'
    const { hostKey, jumpHostKeys } = want
    if (hostKey !== knownAfterApply && jumpHostKeys !== knownAfterApply)
      return [isThere(on, at, host), pins({ hostKey, jumpHostKeys }, on, at, host)]
    const whose = hostKey === knownAfterApply ? "the server's own host key" : 'the host key of a jump host'
    return [
      {
        link,
        host,
        status: 'fail',
        code: 'no-host-key',
        what: `${whose} could not be read, so ${host} could not check whom it talks to`,
        cure: 'see that sshd runs there and has host keys (ssh-keygen -A)',
      },
    ]
  },

  explain: (want, at) => ({
    what: at.path,
    why: 'by which ssh logs in, and by which it knows the server',
    lines: [
      {
        text: at.path,
        why:
          at.from === undefined
            ? `a key pair made here, for ${at.path.startsWith('~/') ? 'its user' : at.account} alone to read: it is copied nowhere, and stands in no state and no plan`
            : `a copy of ${at.from}, the key that was given, for ${at.account} alone to read: it leaves this host never, and stands in no state and no plan`,
        page: 'ssh-keygen(1)',
      },
      {
        text: `${at.knownHosts}: ${at.server} ${want.hostKey === knownAfterApply ? "and the server's host key" : String(want.hostKey)}`,
        why: 'the host key of the server, read over the login that checked it: a machine in its place is not talked to',
        page: 'sshd(8)',
      },
      ...(at.jumps ?? []).map((jump, index) => ({
        text: `${at.knownHosts}: ${jump} ${want.jumpHostKeys === knownAfterApply ? "and that jump host's key" : String(want.jumpHostKeys?.[index])}`,
        why: 'the same of a jump host on the way',
        page: 'sshd(8)',
      })),
    ],
  }),
}

function planPair(have: Key | null, on: Snapshot, at: KeyAt): Step[] {
  const { path, rotate } = at
  const next = nextOf(path)
  if (readyNext(on, at) !== null) {
    const why = `let the new key take the place of the old one, which is gone with that`
    return at.nextIsIn ? [{ why, phase: 'make', verb: 'key_take', args: [next, path] }] : []
  }
  if (!have?.publicKey)
    return [at.from === undefined ? makePair(path, at, `make the key pair ${path}`) : copyPair(at, at.from)]
  if (rotate !== undefined && have.rotation !== rotate) return [makeNext(at)]
  if (on.keys[next] === undefined) return []
  return [{ why: `remove ${next}, which nobody asks for`, phase: 'make', verb: 'files_remove', args: [next] }]
}

/** The key that will take the place of the one that stands. */
export const makeNext = (at: KeyAt): Step => makePair(nextOf(at.path), at, `make a new key pair, ${nextOf(at.path)}`)

const copyPair = ({ path, account }: KeyAt, from: string): Step => ({
  why: `copy the key ${from} to ${path}`,
  phase: 'make',
  verb: 'key_copy',
  args: [path, account, from],
})

const makePair = (path: string, { account, rotate }: KeyAt, why: string): Step => ({
  why,
  phase: 'make',
  verb: 'key_make',
  args: [path, account, ...(rotate === undefined ? [] : [`${account} ${rotate}`])],
})

const mending = { status: 'fail', code: 'not-converged', cure: 'deploy', mends: true } as const

function isThere(on: Snapshot, at: KeyAt, host: string): Check {
  const asked = { link: 'service runs', host } as const
  const what = `${host} has the tunnel's key (${at.path})`
  return on.keys[at.path]
    ? ok(asked, what)
    : { ...asked, ...mending, what: `${host} has no key for the tunnel (${at.path})` }
}

/** ssh goes by what is pinned, and knows no other. */
function pins(want: Pinned, on: Snapshot, at: KeyAt, host: string): Check {
  const asked = { link: 'service runs', host } as const
  const have = key.observe(on, at)
  const isPinned = have !== null && isSame(have, want)
  const whose = namesOf(at)
  if (isPinned) return ok(asked, `${host} has the host key of ${whose.join(', ')} pinned`)
  const [now, wanted] = [have ? keysOf(have) : [], keysOf(want)]
  const wrong = Math.max(
    0,
    wanted.findIndex((one, index) => now[index] !== one),
  )
  return {
    ...asked,
    ...mending,
    what: `${host} has another host key of ${whose[wrong]} pinned than that one has`,
    evidence: `${at.knownHosts} says ${now[wrong] || 'nothing'}\n${whose[wrong]} has ${wanted[wrong]}`,
  }
}
