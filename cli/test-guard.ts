// `guard test`: a rehearsal of how a host of the spec takes back by itself what locks us out.
import { Fault, type Rehearsal, rehearse } from '../engine'
import { plain } from '../schemas/plain'
import { readSpec, SpecError } from '../spec'
import { suggest } from '../spec/did-you-mean'
import { renderFailure } from './render-json'
import { renderTrouble } from './render-results'
import { listenForStop, stoppedCode } from './stop'

const command = 'guard test'

/** Resolves to the exit status. */
export async function testGuard(name: string, spec: string, json: boolean): Promise<number> {
  const fail = (message: string, problems: SpecError['problems'] = []) => {
    if (json) process.stdout.write(renderFailure(command, spec, message, problems))
    else process.stderr.write(`${plain(message)}\n`)
    return 1
  }
  const hosts = readHosts(spec)
  if (hosts instanceof SpecError) return fail(hosts.message, hosts.problems)
  const host = hosts[name]
  if (!host) {
    const names = Object.keys(hosts)
    return fail(`${spec} has no host ${name}; ${suggest(name, names) ?? `it has ${names.join(', ') || 'none'}`}`)
  }
  listenForStop().beginChanging()
  try {
    const rehearsal = await rehearse(host, what => process.stderr.write(`${plain(what)}\n`))
    process.stdout.write(
      json
        ? `${JSON.stringify({ command, spec, host: name, undone: true, ...rehearsal, errors: [] }, null, 2)}\n`
        : describe(name, rehearsal),
    )
    return 0
  } catch (why) {
    if (!(why instanceof Fault)) throw why
    const { code, message } = why
    const error = { about: `host ${name}`, code, host: name, message }
    if (json)
      process.stdout.write(
        `${JSON.stringify({ command, spec, host: name, undone: false, errors: [error] }, null, 2)}\n`,
      )
    else process.stderr.write(renderTrouble({ about: `host ${name}`, why }))
    return code === 'stopped' ? stoppedCode : 1
  }
}

function readHosts(spec: string): ReturnType<typeof readSpec>['hosts'] | SpecError {
  try {
    return readSpec(spec).hosts
  } catch (why) {
    if (why instanceof SpecError) return why
    throw why
  }
}

function describe(host: string, { by, atBoot, seconds, window }: Rehearsal): string {
  const who = by === 'timer' ? 'a timer of systemd' : 'a process of its own'
  const boot = atBoot ? 'a boot in between would have done it too' : 'a boot in between would not have done it'
  return `${host} took the change back by itself, by ${who}, after ${seconds} s; ${boot}. A change of an apply waits for ${window} s (guard.window)\n`
}
