// What a tunnel needs where it logs in, on its server and on each jump host before that: an account, its authorized key, and what sshd lets it
// do. Pure.
import { formatAddress } from '../../schemas/address'
import type { Forward } from '../../schemas/forward'
import { hopOf } from '../../schemas/jumps'
import type { Host } from '../../schemas/types'
import { withoutManager } from '../parts/account'
import { authorizedOptions, matchText, permissionFor } from '../parts/least-privilege'
import { writeMark } from '../parts/mark'
import { knownAfterApply, sha256 } from '../parts/part'
import * as paths from '../parts/paths'
import { seal } from '../parts/seal'
import { accountState } from './account'
import type { Chain } from './chain'
import { handedNote } from './client-side'
import type { Known, Placed } from './placed'
import { besideIt } from './rotation'

interface Login {
  readonly host: Host
  /** What it may forward there. */
  readonly forwards: readonly Forward[]
  /** From where it comes. */
  readonly from: string | undefined
  readonly dialled: Chain['dialled']
  /** Of a jump host, which one. */
  readonly jump?: number
}

/** The server's first. At a jump host nothing is forwarded but the connection to the next sshd. */
export function loginsOf(chain: Chain): [Login, ...Login[]] {
  const { client, server, together, forwards, dialled, jumps } = chain
  const from = (at: number) => (at === 0 ? client.address : jumps[at - 1]?.address)
  const atServer = { host: server, forwards, from: together ? dialled.address : from(jumps.length), dialled }
  const atJumps = jumps.map(({ host, address, port }, at) => {
    const next = jumps[at + 1] ?? hopOf(server)
    const to = { kind: 'tcp', host: next.address, port: next.port } as const
    const onward: Forward = { type: 'local', listen: to, far: to, opens: [formatAddress(to)] }
    return { host, forwards: [onward], from: from(at), dialled: { address, port }, jump: at }
  })
  return [atServer, ...atJumps]
}

const at = ({ host, jump }: Login) => ({ host, ...(jump === undefined ? {} : { jump }) })

export const account = (chain: Chain, login: Login): Placed => ({
  kind: 'account',
  attribute: 'account',
  ...at(login),
  round: 0,
  at: { name: chain.account, owner: chain.owner, unmanaged: unmanaged(chain) },
  want: accountState(chain),
})

const unmanaged = (chain: Chain) => ({
  tunnel: chain.name,
  text: withoutManager(writeMark({ tunnel: chain.name, owner: chain.owner, notes: {} }), authorizedKeysOf(chain)),
})

const authorizedKeysOf = ({ folder }: Chain) => `${folder}/authorized_keys`

export const authorizedKey = (chain: Chain, login: Login, known: Known): Placed => ({
  kind: 'authorized-key',
  attribute: 'authorizedKey',
  ...at(login),
  round: 1,
  at: {
    path: authorizedKeysOf(chain),
    account: chain.account,
    ...besideIt(chain, known),
    opensAny: login.forwards.some(({ opens }) => opens.includes('any')),
  },
  want: { options: authorizedOptions(login.forwards), publicKey: chain.publicKey },
})

export function sshd(chain: Chain, login: Login): Placed {
  const { name, owner, account, together, alive } = chain
  const { forwards, from, dialled } = login
  const settings = permissionFor(forwards, alive, authorizedKeysOf(chain), chain.socketModes.sshd)
  // remote/look.sh asks sshd for the effective values of such a connection.
  const notes = { client: from, server: `${dialled.address} ${dialled.port}`, ...handedNote(chain) }
  const text = seal(writeMark({ tunnel: name, owner, notes }) + matchText(account, settings, authorizedKeysOf(chain)))
  const dropIn = paths.dropInOf(name)
  return {
    kind: 'sshd',
    attribute: 'sshd',
    ...at(login),
    round: 0,
    at: {
      dropIn,
      owner,
      text,
      user: account,
      ...(together ? { itself: dialled } : {}),
      asked: [
        'allowTcpForwarding',
        ...(settings.gatewayPorts === undefined ? [] : (['gatewayPorts'] as const)),
        'permitOpen',
        'permitListen',
        'clientAliveInterval',
        'clientAliveCountMax',
        'maxSessions',
        'authorizedKeysFile',
        'allowStreamLocalForwarding',
        ...(settings.streamLocalBindMask === undefined
          ? []
          : (['streamLocalBindMask', 'streamLocalBindUnlink'] as const)),
        'permitTunnel',
      ],
    },
    want: {
      dropIn,
      dropInSha256: chain.vague ? knownAfterApply : sha256(text),
      ...settings,
      permitOpen: [...settings.permitOpen],
      permitListen: [...settings.permitListen],
    },
  }
}
