// The tunnel's key pair on the client, and the server's host key that it pins.
import type { Key } from '../../schemas/types'
import { type Check, ok } from './check'
import { knownAfterApply, oddity, type Part, type Step } from './part'
import type { Snapshot } from './snapshot'

export interface KeyAt {
  /** Path of the private key. */
  readonly path: string
  readonly knownHosts: string
  readonly account: string
  /** How known_hosts names the server: `host` or `[host]:port`. */
  readonly server: string
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

export const key: Part<Key, KeyAt> = {
  kind: 'key',
  needs: ['ssh-keygen'],

  observe(on, at) {
    const publicKey = on.keys[at.path]
    const known = on.files[at.knownHosts]
    const next = on.keys[nextOf(at.path)] === undefined ? '' : ` (and ${nextOf(at.path)})`
    if (publicKey === undefined && !known && !next) return null
    const start = `${at.server} `
    const text = known?.text ?? ''
    // Anything but our one line is a difference, shown as it stands.
    const hostKey = text.startsWith(start) && text.endsWith('\n') ? text.slice(start.length, -1) : text
    return {
      path: at.path + next,
      publicKey: publicKey ?? '',
      ...(at.rotate === undefined ? {} : { rotation: on.rotations[at.path] ?? '' }),
      hostKey: hostKey + (known ? oddity(known) : ''),
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
      ...(have?.hostKey === want.hostKey
        ? []
        : [
            {
              why: `pin the host key of ${at.server}`,
              phase: 'make',
              verb: 'file_put',
              args: [at.knownHosts, '644'],
              content: `${at.server} ${want.hostKey}\n`,
            } as const,
          ]),
    ]
  },

  checks(want, on, at, host) {
    const link = 'host key'
    if (want.hostKey !== knownAfterApply) return [isThere(on, at, host), pins(want.hostKey, on, at, host)]
    return [
      {
        link,
        host,
        status: 'fail',
        code: 'no-host-key',
        what: `the server's own host key could not be read, so ${host} could not check whom it talks to`,
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
        why: `a key pair made here, for ${at.account} alone to read: it is copied nowhere, and stands in no state and no plan`,
        page: 'ssh-keygen(1)',
      },
      {
        text: `${at.knownHosts}: ${at.server} ${want.hostKey === knownAfterApply ? "and the server's host key" : String(want.hostKey)}`,
        why: 'the host key of the server, read over the login that checked it: a machine in its place is not talked to',
        page: 'sshd(8)',
      },
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
  if (!have?.publicKey) return [makePair(path, at, `make the key pair ${path}`)]
  if (rotate !== undefined && have.rotation !== rotate) return [makeNext(at)]
  if (on.keys[next] === undefined) return []
  return [{ why: `remove ${next}, which nobody asks for`, phase: 'make', verb: 'files_remove', args: [next] }]
}

/** The key that will take the place of the one that stands. */
export const makeNext = (at: KeyAt): Step => makePair(nextOf(at.path), at, `make a new key pair, ${nextOf(at.path)}`)

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
function pins(hostKey: string, on: Snapshot, at: KeyAt, host: string): Check {
  const asked = { link: 'service runs', host } as const
  const pinned = key.observe(on, at)?.hostKey
  if (pinned === hostKey) return ok(asked, `${host} has the host key of ${at.server} pinned`)
  const what = `${host} has another host key of ${at.server} pinned than that one has`
  return {
    ...asked,
    ...mending,
    what,
    evidence: `${at.knownHosts} says ${pinned || 'nothing'}\n${at.server} has ${hostKey}`,
  }
}
