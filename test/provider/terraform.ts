// The real terraform (or tofu) binary in a working folder of its own, with nothing of the caller's settings.
import { spawn } from 'node:child_process'
import { accessSync, constants, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'

export interface Run {
  /** null: ended by a signal. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly pid: number
  readonly done: Promise<Run>
}

export interface State {
  readonly outputs: Readonly<Record<string, { readonly value: unknown }>>
  readonly resources: readonly {
    readonly type: string
    readonly name: string
    readonly instances: readonly { readonly status?: string; readonly attributes: Readonly<Record<string, unknown>> }[]
  }[]
}

export interface Terraform {
  readonly folder: string
  /** Text as it is; anything else as JSON, as in { 'main.tf.json': { resource: {} } }. */
  write(files: Readonly<Record<string, string | object>>): void
  run(...args: string[]): Promise<Run>
  /** In a process group of its own: process.kill(-pid, 'SIGINT') is a Ctrl-C. */
  start(...args: string[]): Running
  /** undefined before the first apply. */
  state(): State | undefined
  /** Of the first instance of `type.name` in the state. */
  attributes(address: string): Readonly<Record<string, unknown>> | undefined
  /** Kills what still runs and removes the folder. */
  remove(): Promise<void>
}

/** @param env added to the few variables that terraform gets, e.g. TF_REATTACH_PROVIDERS */
export function makeTerraform(env: Readonly<Record<string, string>> = {}): Terraform {
  const binary = findTerraform()
  const base = mkdtempSync(join(tmpdir(), 'tf-'))
  const folder = join(base, 'work')
  const home = join(base, 'home')
  const tmp = join(base, 'tmp')
  for (const path of [folder, home, tmp]) mkdirSync(path)
  const running = new Set<Running>()

  const start = (...args: string[]): Running => {
    const child = spawn(binary, args, {
      cwd: folder,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...cleanEnvironment(home, tmp), ...env },
    })
    const done = new Promise<Run>((resolve, reject) => {
      const output = { stdout: '', stderr: '' }
      child.stdout.setEncoding('utf8').on('data', text => {
        output.stdout += text
      })
      child.stderr.setEncoding('utf8').on('data', text => {
        output.stderr += text
      })
      child.on('error', reject)
      child.on('close', code => resolve({ code, ...output }))
    })
    const self = { pid: child.pid ?? 0, done }
    running.add(self)
    const forget = () => running.delete(self)
    done.then(forget, forget)
    return self
  }
  const state = (): State | undefined => {
    try {
      return JSON.parse(readFileSync(join(folder, 'terraform.tfstate'), 'utf8'))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }
  return {
    folder,
    write: files => {
      for (const [name, content] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, name)), { recursive: true })
        writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content, null, 2))
      }
    },
    run: (...args) => start(...args).done,
    start,
    state,
    attributes: address =>
      state()?.resources.find(({ type, name }) => `${type}.${name}` === address)?.instances[0]?.attributes,
    remove: async () => {
      const left = [...running]
      for (const { pid } of left) process.kill(-pid, 'SIGKILL')
      await Promise.all(left.map(({ done }) => done))
      rmSync(base, { recursive: true, force: true })
    },
  }
}

/** TERRAFORM_BINARY_NAME (as cdktf reads it), else terraform, else tofu on the PATH. */
export function findTerraform(): string {
  const named = process.env.TERRAFORM_BINARY_NAME
  const names = named ? [named] : ['terraform', 'tofu']
  const folders = (process.env.PATH ?? '').split(delimiter)
  const paths = names.flatMap(name => (name.includes('/') ? [name] : folders.map(folder => join(folder, name))))
  const found = paths.find(isExecutable)
  if (!found)
    throw new Error(`No ${names.join(' or ')} found: install Terraform 1.11 or newer, or set TERRAFORM_BINARY_NAME.`)
  return found
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function cleanEnvironment(home: string, tmp: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: home,
    TMPDIR: tmp,
    CHECKPOINT_DISABLE: '1',
    TF_IN_AUTOMATION: '1',
    TF_INPUT: '0',
    TF_CLI_ARGS: '-no-color',
  }
}
