// `ssh-tunnels validate`: every mistake in the specs, or that there is none.
import { plainJson } from '../schemas/plain'
import { type Problem, readSpec, SpecError } from '../spec'

interface Judged {
  readonly spec: string
  readonly tunnels: number
  readonly hosts: number
  readonly problems: readonly Problem[]
  readonly text: string
}

export function validate(files: readonly string[], json: boolean): { code: number; stdout: string } {
  const judged = files.map(judge)
  const code = judged.some(({ problems }) => problems.length > 0) ? 1 : 0
  const stdout = json
    ? plainJson({ command: 'validate', specs: judged.map(({ text: _, ...rest }) => rest) }, 2)
    : judged.map(({ text }) => text).join('\n')
  return { code, stdout: `${stdout}\n` }
}

function judge(spec: string): Judged {
  try {
    const { tunnels: all, hosts: machines } = readSpec(spec)
    const [tunnels, hosts] = [all.length, Object.keys(machines).length]
    const text = `${spec}: ${count(tunnels, 'tunnel')}, ${count(hosts, 'host')}: no problems`
    return { spec, tunnels, hosts, problems: [], text }
  } catch (why) {
    if (!(why instanceof SpecError)) throw why
    return { spec, tunnels: 0, hosts: 0, problems: why.problems, text: why.message }
  }
}

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`
