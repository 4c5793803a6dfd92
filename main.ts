// YAML specs -> Terraform stacks. TUNNELS_SPEC names the files, separated by commas or colons; default tunnels.yaml.
import { parse } from 'node:path'
import { synth } from './constructs'
import { type Resolved, readSpec, SpecError } from './spec'

const whereFrom = process.env.TUNNELS_SPEC
  ? `TUNNELS_SPEC names the spec files: ${process.env.TUNNELS_SPEC}`
  : 'Another spec file, or several: TUNNELS_SPEC=a.yaml,b.yaml'
const files = (process.env.TUNNELS_SPEC || 'tunnels.yaml').split(/[,:]/).filter(file => file !== '')
const specs = new Map<string, Resolved>()
const mistakes: string[] = []

for (const file of files) {
  const stack = parse(file).name
  if (!/^[\w][\w.-]*$/.test(stack)) {
    mistakes.push(
      `${file}: a stack cannot be called ${JSON.stringify(stack)}, and it is called as its file; name the file with letters, digits, dots, hyphens and underscores: ${suggestName(file)}`,
    )
    continue
  }
  try {
    const spec = readSpec(file)
    if (specs.has(stack))
      mistakes.push(`${file}: there is already a stack called ${stack}; rename one of the two files`)
    specs.set(stack, spec)
  } catch (error) {
    if (!(error instanceof SpecError)) throw error
    const missing = error.problems.some(({ code }) => code === 'unreadable')
    mistakes.push(missing ? `${error.message}\n${whereFrom}` : error.message)
  }
}

if (mistakes.length > 0) stop(mistakes.join('\n\n'))
try {
  synth(specs)
} catch (error) {
  stop(error instanceof Error ? error.message : String(error))
}

function suggestName(file: string): string {
  const { name, ext } = parse(file)
  return `${name.replace(/[^\w.-]+/g, '-').replace(/^[.-]+|-+$/g, '') || 'tunnels'}${ext}`
}

/** Without a stack trace: what is wrong is the user's file, not this program. */
function stop(message: string): never {
  console.error(message)
  process.exit(1)
}
