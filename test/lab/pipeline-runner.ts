// A small runner: carries out a job of a workflow file as GitHub or GitLab would, each step of it with the real shell.
import { cpSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { CommandOptions, Result } from '../../lab'

export interface Surroundings {
  /** Runs a program where the hosts can be reached. */
  readonly run: (argv: readonly string[], options: CommandOptions) => Promise<Result>
  readonly checkout: (job: string) => string
  /** The runner's own environment. */
  readonly env: NodeJS.ProcessEnv
  /** GitHub: by expression, as `secrets.PGUSER`. GitLab: by variable. */
  readonly values: Readonly<Record<string, string>>
  /** Where artifacts wait for later jobs. */
  readonly store: string
}

export interface Ran extends Result {
  readonly folder: string
  /** The lines that a shell was given. */
  readonly lines: readonly string[]
}

export interface Runner {
  readonly text: string
  readonly jobs: readonly string[]
  /** All lines for the shell, of all jobs. */
  readonly lines: readonly string[]
  runJob(job: string): Promise<Ran>
}

type Env = Readonly<Record<string, string>>
/** What a job does, in the order of its steps. */
type Step =
  | { readonly kind: 'run'; readonly line: string; readonly env: Env }
  | { readonly kind: 'save' | 'load'; readonly files: readonly string[] }

interface Job {
  readonly env: Env
  readonly steps: readonly Step[]
}

function makeRunner(
  text: string,
  jobs: Readonly<Record<string, Job>>,
  around: Surroundings,
  fill: (text: string) => string,
): Runner {
  return {
    text,
    jobs: Object.keys(jobs),
    lines: Object.values(jobs).flatMap(({ steps }) => steps.flatMap(step => (step.kind === 'run' ? [step.line] : []))),
    async runJob(name) {
      const job = jobs[name]
      if (!job) throw new Error(`there is no job ${name}`)
      const folder = around.checkout(name)
      const ran: Ran & { lines: string[] } = { folder, lines: [], code: 0, stdout: '', stderr: '' }
      let result = ran
      for (const step of job.steps) {
        if (step.kind !== 'run') moveFiles(step, folder, around.store)
        // What `npm ci` brings is there from the checkout.
        else if (step.line !== 'npm ci') {
          const env = Object.fromEntries(
            Object.entries({ ...job.env, ...step.env }).map(([key, value]) => [key, fill(value)]),
          )
          ran.lines.push(step.line)
          const { code, stdout, stderr } = await around.run(['sh', '-ec', fill(step.line)], {
            cwd: folder,
            env: { ...around.env, ...env },
          })
          result = { ...result, code, stdout: result.stdout + stdout, stderr: result.stderr + stderr }
          if (code !== 0) break
        }
      }
      return result
    },
  }
}

function moveFiles(
  { kind, files }: { kind: 'save' | 'load'; files: readonly string[] },
  folder: string,
  store: string,
): void {
  const [from, to] = kind === 'save' ? [folder, store] : [store, folder]
  mkdirSync(store, { recursive: true })
  for (const file of files)
    if (kind === 'save' || existsSync(join(from, file))) cpSync(join(from, file), join(to, file))
}

interface GithubStep {
  readonly run?: string
  readonly uses?: string
  readonly with?: Readonly<Record<string, string>>
  readonly env?: Env
}

const saved = ['plan.tar', 'plan.md']

/** Of GitHub's language what the example uses: run, env, checkout, and artifacts of one name. */
export function githubRunner(text: string, around: Surroundings): Runner {
  const { env, jobs } = parse(text) as { env: Env; jobs: Record<string, { steps: readonly GithubStep[] }> }
  const toStep = (step: GithubStep): Step[] => {
    if (step.run) return [{ kind: 'run', line: step.run, env: step.env ?? {} }]
    if (step.uses?.startsWith('actions/upload-artifact@'))
      return [{ kind: 'save', files: step.with?.path?.trim().split('\n') ?? [] }]
    return step.uses?.startsWith('actions/download-artifact@') ? [{ kind: 'load', files: saved }] : []
  }
  const all = Object.entries(jobs).map(([name, { steps }]) => [name, { env, steps: steps.flatMap(toStep) }] as const)
  return makeRunner(text, Object.fromEntries(all), around, value =>
    value.replace(/\$\{\{ *(.*?) *\}\}/g, (_, expression: string) => {
      const known = around.values[expression]
      if (known === undefined) throw new Error(`nothing is known of ${expression}`)
      return known
    }),
  )
}

interface GitlabJob {
  readonly script: readonly string[]
  readonly variables?: Env
  readonly needs?: readonly string[]
  readonly artifacts?: { readonly paths: readonly string[] }
}

/** Of GitLab's language what the example uses: script, variables, needs and artifacts. Every job sees all the project's variables. */
export function gitlabRunner(text: string, around: Surroundings): Runner {
  const { image: _, stages: __, variables, ...jobs } = parse(text) as { variables: Env } & Record<string, GitlabJob>
  const toJob = ({ script, variables: own, needs, artifacts }: GitlabJob): Job => ({
    env: { ...around.values, ...variables, ...own },
    steps: [
      ...(needs ? [{ kind: 'load' as const, files: saved }] : []),
      ...script.map(line => ({ kind: 'run' as const, line, env: {} })),
      ...(artifacts ? [{ kind: 'save' as const, files: artifacts.paths }] : []),
    ],
  })
  const all = Object.entries(jobs as Record<string, GitlabJob>).map(([name, job]) => [name, toJob(job)] as const)
  return makeRunner(text, Object.fromEntries(all), around, value =>
    value.replace(/\$(CI_[A-Z0-9_]+)/g, (_, name: string) => around.values[name] ?? ''),
  )
}
