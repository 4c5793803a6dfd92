// Whether the ssh that somebody runs listens, and may.
import { listeningHost } from '../../../schemas/check-listen'
import { forwardOf } from '../../../schemas/forward'
import { loginId } from '../../../schemas/machine'
import type { Look } from '../../look/look'
import { type Check, ok } from '../../parts/check'
import { checkPrivileged } from '../port'
import type { Foreign } from './given'

export function listener({ tunnel, running, runBy, command }: Foreign, look: Look): Check[] {
  const host = listeningHost(tunnel)
  const { listen } = forwardOf(tunnel)
  const port = listen.kind === 'tcp' ? listen.port : Number.POSITIVE_INFINITY
  const isRemote = tunnel.forward === 'remote'
  const user = isRemote ? (tunnel.server.user ?? 'root') : runBy
  const asked = { link: 'listener bound', host: host.name } as const
  if (running?.bound) return [ok(asked, `ssh (pid ${running.pid}) listens on ${tunnel.listen}`)]
  const evidence = isRemote ? 'sshd binds it as the user who has logged in' : 'ssh binds it as the user who runs it'
  const on = look.away.has(loginId(host)) ? null : look.snapshotOf(host)
  const privileged = checkPrivileged({ host: host.name, port, user, evidence }, on)
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
