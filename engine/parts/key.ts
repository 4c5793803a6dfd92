// The tunnel's key pair on the client, and the host keys that it pins: the server's, and those of the jump hosts before it.
import type { Key } from '../../schemas/types'
import { type Check, ok } from './check'
import { knownAfterApply, oddity, type Part } from './part'
import type { Snapshot } from './snapshot'

export interface KeyAt {
  /** Path of the private key. */
  readonly path: string
  readonly knownHosts: string
  readonly account: string
  /** How known_hosts names the server: `host` or `[host]:port`. */
  readonly server: string
  /** The jump hosts, in the same way. */
  readonly jumps?: readonly string[]
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
    if (publicKey === undefined && !known) return null
    const shown = readPinned(known?.text ?? '', at)
    return {
      path: at.path,
      publicKey: publicKey ?? '',
      ...shown,
      hostKey: shown.hostKey + (known ? oddity(known) : ''),
    }
  },

  // The account that it is for says whose it is.
  owner: () => null,

  plan(want, have, _on, at) {
    if (!want) {
      return have
        ? [{ why: `remove key ${at.path}`, phase: 'unmake', verb: 'files_remove', args: [at.path, at.knownHosts] }]
        : []
    }
    return [
      ...(have?.publicKey
        ? []
        : [
            {
              why: `make the key pair ${at.path}`,
              phase: 'make',
              verb: 'key_make',
              args: [at.path, at.account],
            } as const,
          ]),
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
        why: `a key pair made here, for ${at.account} alone to read: it is copied nowhere, and stands in no state and no plan`,
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
