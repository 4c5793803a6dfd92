// Whether the ssh that somebody runs listens, and may.
import { listeningHost } from '../../../schemas/check-listen'
import { forwardsOf } from '../../../schemas/forward'
import { type Check, ok } from '../../parts/check'
import type { Foreign } from './given'

export function listener({ tunnel, running, runBy, command }: Foreign): Check[] {
  const host = listeningHost(tunnel)
  const [forward] = forwardsOf(tunnel)
  const port = forward?.listen.kind === 'tcp' ? forward.listen.port : 0
  const isRemote = tunnel.forward === 'remote'
  const who = isRemote ? (tunnel.server.user ?? 'root') : runBy
  const asked = { link: 'listener bound', host: host.name } as const
  if (running?.bound) return [ok(asked, `ssh (pid ${running.pid}) listens on ${tunnel.listen}`)]
  const privileged: Check[] =
    port < 1024 && who !== 'root'
      ? [
          {
            ...{ link: 'port free', host: host.name, status: 'fail', code: 'not-listening' },
            what: `${who} may not listen on port ${port} of ${host.name}: ports below 1024 are root's`,
            evidence: isRemote ? 'sshd binds it as the user who has logged in' : `ssh binds it as the user who runs it`,
            cure: 'take a port from 1024; ssh-tunnels adopt makes a service that may listen there (CAP_NET_BIND_SERVICE)',
          },
        ]
      : []
  if (running === undefined)
    return [
      ...privileged,
      { ...asked, status: 'unknown', what: `nobody can tell whether it runs on ${tunnel.client.name}` },
    ]
  if (running === null)
    return [
      ...privileged,
      {
        ...asked,
        status: 'unknown',
        what: `it does not run on ${tunnel.client.name} now`,
        cure: `start it there: ${command}`,
      },
    ]
  if (running.bound === null) return privileged
  const what = `ssh (pid ${running.pid}) runs, and does not listen on ${tunnel.listen}`
  const cure = 'give it -o ExitOnForwardFailure=yes, start it again, and read what it says'
  return [...privileged, { ...asked, status: 'fail', code: 'not-listening', what, cure }]
}
