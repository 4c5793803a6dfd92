// `one apply` and `one destroy`: makes or removes one tunnel, or one middle's settings, for a null_resource. Not for people.
import { readFileSync } from 'node:fs'
import { type Declared, Fault, make, remove, underOwner } from '../../engine'
import { plain } from '../../schemas/plain'
import type { Command } from '../command'
import { describeProof } from '../describe-proof'
import { forwardsSeen } from '../forwards-seen'
import { makeProgress } from '../progress'
import { readResource, WrongResource } from '../read-resource'
import { renderTrouble } from '../render-results'
import { listenForStop, type Stop, stoppedCode } from '../stop'

const one = (verb: 'apply' | 'destroy'): Command => ({
  name: `one ${verb}`,
  takes: [],
  hidden: true,
  says: `${verb} of one tunnel, or of one middle's settings, for a null_resource`,
  example: `ssh-tunnels one ${verb} < resource.json`,
  more: 'The resource is in SSH_TUNNELS_RESOURCE, else on standard input, as JSON; never on the command line, which others can see.',
  options: {},
  run: () => carryOutOne(verb, process.env),
})

export const oneApply = one('apply')
export const oneDestroy = one('destroy')

/** Whose it is stands in SSH_TUNNELS_OWNER where nobody has named an owner. */
async function carryOutOne(verb: 'apply' | 'destroy', environment: NodeJS.ProcessEnv): Promise<number> {
  const read = readOrSay(environment.SSH_TUNNELS_RESOURCE ?? readFileSync(0, 'utf8'), verb)
  if (!read) return 1
  const { type, input } = read
  const about = type === 'middle' ? `settings of ${input.name}` : `tunnel ${input.name}`
  const progress = makeProgress(process.stderr)
  const stop = listenForStop()
  stop.beginChanging()
  const parent = stopWithParent(stop)
  try {
    const owner = environment.SSH_TUNNELS_OWNER
    const declared = owner ? await underOwner(read, owner) : read
    const told = await carryOut(verb, declared, (what, at) => progress.tell(input.name, what, at))
    progress.end()
    process.stdout.write(plain(`${about}: ${told}\n`))
    return 0
  } catch (why) {
    progress.end()
    process.stderr.write(renderTrouble({ about, why }))
    return why instanceof Fault && why.code === 'stopped' ? stoppedCode : 1
  } finally {
    clearInterval(parent)
  }
}

/** Resolves to what is so now. */
async function carryOut(
  verb: 'apply' | 'destroy',
  declared: Declared,
  tell: Parameters<typeof make>[1],
): Promise<string> {
  if (verb === 'destroy') {
    await remove(declared, tell)
    return 'removed'
  }
  const made = await make(declared, tell, { orNothing: true })
  for (const warning of made.warnings) process.stderr.write(plain(`Warning: ${warning}\n`))
  if (declared.type === 'middle') return 'as declared'
  return forwardsSeen(declared, made)
    .map(({ endpoint, proof }) =>
      proof?.answered
        ? `${endpoint} answers: ${describeProof(proof, endpoint)}`
        : `${endpoint} is set up, far: ${describeProof(proof, endpoint)}`,
    )
    .join('; ')
}

/** Terraform kills the shell between us at Ctrl-C, and with SIGKILL: what runs comes to its end, nothing new begins. */
function stopWithParent(stop: Stop): NodeJS.Timeout {
  const parent = process.ppid
  return setInterval(() => {
    if (process.ppid !== parent && !stop.isAsked()) process.kill(process.pid, 'SIGTERM')
  }, 200)
}

function readOrSay(text: string, verb: 'apply' | 'destroy'): Declared | null {
  try {
    return readResource(text, verb)
  } catch (why) {
    if (!(why instanceof WrongResource)) throw why
    process.stderr.write(plain(`Error: ${why.message}\n`))
    return null
  }
}
