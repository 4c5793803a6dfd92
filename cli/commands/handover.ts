// `handover`: what the owner of a side that is not ours has to do for a tunnel, in text that he can paste.
import { type Handover, handoverOf, knownOf } from '../../engine'
import { plainJson } from '../../schemas/plain'
import { isNamed } from '../../schemas/shared'
import type { Tunnel } from '../../schemas/types'
import { type Command, WrongWords } from '../command'
import { json } from '../options'
import { reading, waitingFor } from '../progress'
import { readEstate } from '../read-estate'
import { readOrSay } from '../read-or-say'
import { errorOf } from '../render-json'
import { renderTrouble } from '../render-results'

export const handover: Command = {
  name: 'handover',
  takes: [{ name: 'SPEC' }, { name: 'TUNNEL' }],
  says: 'what the owner of a host that is not ours has to do for a tunnel, to be pasted there',
  example: 'ssh-tunnels handover tunnels.yaml wiki >for-bob.txt',
  more: `For a tunnel with a host that others run (managed: false). Of a client: commands that install the unit which apply would install, with its key, the
line of known_hosts and its start. Of a server: the line of authorized_keys, restricted to the tunnel's forward, and what its sshd and firewall have to
allow. The side that is ours is read, for the server's host key, or the public half of the tunnel's key, which apply makes. Nothing is changed.`,
  options: { json },
  async run(words) {
    const [spec, name, asJson] = [words.argument('SPEC'), words.argument('TUNNEL'), words.has('json')]
    const estate = readOrSay('handover', spec, asJson, () => readEstate(spec, [name]))
    const declared = estate?.declared.find(({ type, input }) => type === 'tunnel' && isNamed(input as Tunnel, [name]))
    if (declared?.type !== 'tunnel') return 1
    const tunnel: Tunnel = declared.input
    if (!handoverOf(tunnel, {}))
      throw new WrongWords(`${tunnel.client.name} and ${tunnel.server.name} of ${name} are ours: apply does all of it`)
    try {
      const known = await waitingFor(reading(estate?.hosts ?? []), () => knownOf(declared))
      const found = handoverOf(tunnel, known) as Handover
      process.stdout.write(
        asJson ? `${plainJson({ command: 'handover', spec, handover: found, errors: [] }, 2)}\n` : found.script,
      )
      return 0
    } catch (why) {
      const trouble = { about: `tunnel ${name}`, why }
      if (asJson) process.stdout.write(`${plainJson({ command: 'handover', spec, errors: [errorOf(trouble)] }, 2)}\n`)
      else process.stderr.write(renderTrouble(trouble))
      return 1
    }
  },
}
