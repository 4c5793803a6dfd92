// YAML specs -> Terraform stacks. TUNNELS_SPEC names the files, separated by commas or colons; default tunnels.yaml.
import { parse } from 'node:path'
import { synth } from './constructs'
import { type Resolved, readSpec, SpecError } from './spec'

const files = (process.env.TUNNELS_SPEC || 'tunnels.yaml').split(/[,:]/).filter(file => file !== '')
const specs = new Map<string, Resolved>()
const mistakes: string[] = []

for (const file of files) {
  const stack = parse(file).name
  try {
    const spec = readSpec(file)
    if (specs.has(stack))
      mistakes.push(`${file}: there is already a stack called ${stack}; rename one of the two files`)
    specs.set(stack, spec)
  } catch (error) {
    if (!(error instanceof SpecError)) throw error
    mistakes.push(error.message)
  }
}

if (mistakes.length > 0) stop(mistakes.join('\n\n'))
try {
  synth(specs)
} catch (error) {
  stop(error instanceof Error ? error.message : String(error))
}

/** Without a stack trace: what is wrong is the user's file, not this program. */
function stop(message: string): never {
  console.error(message)
  process.exit(1)
}
