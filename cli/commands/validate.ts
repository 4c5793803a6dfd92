// `validate`: every mistake in the specs, or that there is none.
import { plainJson } from '../../schemas/plain'
import { type Problem, readSpec, SpecError } from '../../spec'
import type { Command } from '../command'
import { json } from '../options'

export const validate: Command = {
  name: 'validate',
  takes: [{ name: 'SPEC', many: true }],
  says: 'every mistake in a spec, with line and column; no host is asked',
  example: 'ssh-tunnels validate tunnels.yaml',
  more: 'Exit status 1 when there are mistakes.',
  options: { json },
  run(words) {
    const judged = words.argumentsOf('SPEC').map(judge)
    const specs = judged.map(({ text: _, ...rest }) => rest)
    const errors = specs.flatMap(({ spec, problems }) => problems.map(one => ({ about: spec, host: null, ...one })))
    const text = words.has('json')
      ? plainJson({ command: 'validate', specs, errors }, 2)
      : judged.map(({ text }) => text).join('\n')
    process.stdout.write(`${text}\n`)
    return judged.some(({ problems }) => problems.length > 0) ? 1 : 0
  },
}

interface Judged {
  readonly spec: string
  readonly tunnels: number
  readonly hosts: number
  readonly problems: readonly Problem[]
  readonly text: string
}

function judge(spec: string): Judged {
  try {
    const { declared: all, hosts: machines } = readSpec(spec)
    const [tunnels, hosts] = [all.length, Object.keys(machines).length]
    const text = `${spec}: ${count(tunnels, 'tunnel')}, ${count(hosts, 'host')}: no problems`
    return { spec, tunnels, hosts, problems: [], text }
  } catch (why) {
    if (!(why instanceof SpecError)) throw why
    return { spec, tunnels: 0, hosts: 0, problems: why.problems, text: why.message }
  }
}

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`
