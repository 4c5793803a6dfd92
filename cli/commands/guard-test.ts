// `guard test`: a rehearsal of how a host of the spec takes back by itself what locks us out.
import { Fault, type Rehearsal, rehearse } from '../../engine'
import { plain, plainJson } from '../../schemas/plain'
import type { Host } from '../../schemas/types'
import type { Command } from '../command'
import { json } from '../options'
import { readHost } from '../read-estate'
import { readOrSay } from '../read-or-say'
import { renderTrouble } from '../render-results'
import { listenForStop, stoppedCode } from '../stop'

export const guardTest: Command = {
  name: 'guard test',
  takes: [{ name: 'HOST' }, { name: 'SPEC' }],
  says: 'rehearses on a host of the spec how it takes back by itself a change that locks us out',
  example: 'ssh-tunnels guard test middle tunnels.yaml',
  more: `A change of sshd or the firewall stays only when a fresh login confirms it. The rehearsal makes a file on the host,
/etc/ssh-tunnels-rehearsal, as such a change, confirms nothing, waits until the host has taken it back, and says who has done that there
(a timer of systemd's or a process) and how long it took. The rehearsal waits for 5 seconds, whatever guard.window says. Nothing else is
changed, and nothing is left. Beside another run it waits until that has ended, two minutes at most. Every apply sees
beforehand, in the first moment of each such change, that somebody waits there; this shows that he acts too.
Exit status 1 when the host has not taken it back. Ctrl-C takes it back at once.`,
  options: { json },
  async run(words) {
    const [name, spec, asJson] = [words.argument('HOST'), words.argument('SPEC'), words.has('json')]
    const host = readOrSay('guard test', spec, asJson, () => readHost(spec, name))
    return host ? test(host, spec, asJson) : 1
  },
}

async function test(host: Host, spec: string, asJson: boolean): Promise<number> {
  const { name } = host
  const about = `host ${name}`
  const say = (document: object) =>
    process.stdout.write(`${plainJson({ command: 'guard test', spec, host: name, ...document }, 2)}
`)
  const stop = listenForStop()
  try {
    const rehearsal = await rehearse(
      host,
      what => process.stderr.write(`${plain(what)}\n`),
      () => stop.beginChanging('the host takes it back by itself'),
    )
    if (asJson) say({ undone: true, ...rehearsal, errors: [] })
    else process.stdout.write(describe(name, rehearsal))
    return 0
  } catch (why) {
    if (!(why instanceof Fault)) throw why
    const { code, message } = why
    if (asJson) say({ undone: false, errors: [{ about, code, host: name, message }] })
    else process.stderr.write(renderTrouble({ about, why }))
    return code === 'stopped' || stop.isAsked() ? stoppedCode : 1
  }
}

function describe(host: string, { by, atBoot, seconds, window }: Rehearsal): string {
  const who = by === 'timer' ? 'a timer of systemd' : 'a process of its own'
  const boot = atBoot ? 'a boot in between would have done it too' : 'a boot in between would not have done it'
  return `${host} took the change back by itself, by ${who}, after ${seconds} s; ${boot}. A change of an apply waits for ${window} s (guard.window)\n`
}
