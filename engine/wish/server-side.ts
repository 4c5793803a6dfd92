// What a tunnel needs on the host whose sshd it talks to: an account, its authorized key, and what sshd lets it do. Pure.
import { withoutManager } from '../parts/account'
import { authorizedOptions, matchText, permissionFor } from '../parts/least-privilege'
import { writeMark } from '../parts/mark'
import { knownAfterApply, sha256 } from '../parts/part'
import * as paths from '../parts/paths'
import { accountState } from './account'
import type { Chain } from './chain'
import type { Known, Placed } from './placed'
import { besideIt, wantedKey } from './rotation'

export const serverAccount = (chain: Chain): Placed => ({
  kind: 'account',
  attribute: 'account',
  host: chain.server,
  round: 0,
  at: { name: chain.account, owner: chain.owner, unmanaged: unmanaged(chain) },
  want: accountState(chain),
})

const unmanaged = (chain: Chain) => ({
  tunnel: chain.name,
  text: withoutManager(writeMark({ tunnel: chain.name, owner: chain.owner, notes: {} }), authorizedKeysOf(chain)),
})

const authorizedKeysOf = ({ folder }: Chain) => `${folder}/authorized_keys`

export const authorizedKey = (chain: Chain, known: Known): Placed => ({
  kind: 'authorized-key',
  attribute: 'authorizedKey',
  host: chain.server,
  round: 1,
  at: { path: authorizedKeysOf(chain), account: chain.account, ...besideIt(chain, known) },
  want: { options: authorizedOptions(chain.forwards), publicKey: wantedKey(chain, known) },
})

export function sshd(chain: Chain): Placed {
  const { name, owner, account, client, together, forwards, alive, dialled } = chain
  const settings = permissionFor(forwards, alive, authorizedKeysOf(chain))
  // remote/look.sh asks sshd for the effective values of such a connection.
  const notes = {
    client: together ? dialled.address : client.address,
    server: `${dialled.address} ${dialled.port}`,
  }
  const text = writeMark({ tunnel: name, owner, notes }) + matchText(account, settings, authorizedKeysOf(chain))
  const dropIn = paths.dropInOf(name)
  return {
    kind: 'sshd',
    attribute: 'sshd',
    host: chain.server,
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
