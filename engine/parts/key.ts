// The tunnel's key pair on the client, and the server's host key that it pins.
import type { Key } from '../../schemas/types'
import { type Check, ok } from './check'
import { knownAfterApply, oddity, type Part } from './part'
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
}

export const key: Part<Key, KeyAt> = {
  kind: 'key',
  needs: ['ssh-keygen'],

  observe(on, at) {
    const publicKey = on.keys[at.path]
    const known = on.files[at.knownHosts]
    if (publicKey === undefined && !known) return null
    const start = `${at.server} `
    const text = known?.text ?? ''
    // Anything but our one line is a difference, shown as it stands.
    const hostKey = text.startsWith(start) && text.endsWith('\n') ? text.slice(start.length, -1) : text
    return { path: at.path, publicKey: publicKey ?? '', hostKey: hostKey + (known ? oddity(known) : '') }
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
            at.from === undefined
              ? ({
                  why: `make the key pair ${at.path}`,
                  phase: 'make',
                  verb: 'key_make',
                  args: [at.path, at.account],
                } as const)
              : ({
                  why: `copy the key ${at.from} to ${at.path}`,
                  phase: 'make',
                  verb: 'key_copy',
                  args: [at.path, at.account, at.from],
                } as const),
          ]),
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
        why:
          at.from === undefined
            ? `a key pair made here, for ${at.account} alone to read: it is copied nowhere, and stands in no state and no plan`
            : `a copy of ${at.from}, the key that was given, for ${at.account} alone to read: it leaves this host never, and stands in no state and no plan`,
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
