// Ours in Terraform: a stack with our provider, run in the controller; what is applied is a saved plan.
import type { Lab } from '../lab'
import { hostsOf, makeStack, type Stack } from '../test/lab/stack'
import { type Contender, far } from './contender'

/** @param parallelism how many resources Terraform changes at a time; its own default is 10 */
export function makeTerraform(lab: Lab, parallelism?: number): Contender {
  const width = parallelism === undefined ? [] : [`-parallelism=${parallelism}`]
  const on = hostsOf(lab)
  let stack: Stack | undefined
  // Not the stack's own apply, which gives up after two minutes.
  const run = async (args: readonly string[], fine: readonly number[] = [0]) => {
    if (stack === undefined) throw new Error('there is no stack yet')
    const { code, text } = await stack.start(args).done
    if (!fine.includes(code)) throw new Error(`terraform ${args.join(' ')}: exit status ${code}\n${text}`)
    return code
  }
  return {
    name: parallelism === undefined ? 'terraform' : 'terraform-wide',
    async prepare(tunnels) {
      stack = await makeStack(lab)
      const entries = tunnels.map(({ name, port }) => [
        name,
        {
          owner: 'bench',
          client: on('near'),
          server: on('middle'),
          forward: 'remote',
          listen: `${lab.hosts.middle.address}:${port}`,
          far,
        },
      ])
      stack.declare(Object.fromEntries(entries))
      await run(['plan', ...width, '-out=saved'])
    },
    async deploy() {
      await run(['apply', ...width, 'saved'])
    },
    async plan() {
      return (await run(['plan', ...width, '-detailed-exitcode'], [0, 2])) === 0
    },
    async destroy() {
      await run(['destroy', ...width, '-auto-approve'])
    },
    async tidy() {
      stack?.remove()
      stack = undefined
    },
  }
}
