// A Terraform configuration with our provider, in a folder of its own, run by the real terraform in a lab's controller.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fingerprint, type HostName, type Lab, type PlaceName, type Result } from '../../lab'
import { waitFor } from '../../lab/command'
import { findTerraform } from '../provider/terraform'

/** Arguments by resource name. */
export type Resources = Readonly<Record<string, Readonly<Record<string, unknown>>>>

export interface Said {
  readonly code: number
  /** What terraform printed, lines unwrapped of their frame. */
  readonly text: string
}

interface StateFile {
  readonly resources: readonly {
    readonly type: string
    readonly name: string
    // biome-ignore lint/suspicious/noExplicitAny: a test names the attributes that it expects
    readonly instances: readonly { readonly status?: string; readonly attributes: any }[]
  }[]
}

export interface Stack {
  readonly folder: string
  /** Replaces the configuration. `further` holds resources of other types, as in a .tf.json file; `logins` go into the provider block. */
  declare(tunnels: Resources, middles?: Resources, further?: object, logins?: readonly object[]): void
  /** terraform with these arguments; never throws. */
  run(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Said>
  apply(...args: string[]): Promise<Said>
  /** As `apply`, but throws what terraform said when it fails. */
  mustApply(...args: string[]): Promise<string>
  /** code 0: nothing to do, 2: changes, 1: an error. */
  plan(...args: string[]): Promise<Said>
  destroy(...args: string[]): Promise<string>
  /** In a process group of its own: process.kill(-pid, 'SIGINT') is a Ctrl-C. */
  start(args: readonly string[]): { readonly pid: number; readonly done: Promise<Said> }
  state(): StateFile | undefined
  attributes(name: string): StateFile['resources'][number]['instances'][number]['attributes']
  remove(): void
}

const bundle = join(__dirname, '../../dist/terraform-provider-sshtunnel.cjs')
const source = 'terraform.local/tunnels/sshtunnel'
const inFolder = `terraform.d/plugins/${source}/0.1.0/linux_amd64`

export async function makeStack(lab: Lab): Promise<Stack> {
  const base = mkdtempSync(join(tmpdir(), 'lab-tf-'))
  const folder = join(base, 'work')
  for (const path of [join(base, 'home'), join(base, 'tmp'), join(folder, inFolder)])
    mkdirSync(path, { recursive: true })
  cpSync(bundle, join(folder, inFolder, 'terraform-provider-sshtunnel_v0.1.0'))
  const binary = findTerraform()
  const clean = {
    HOME: join(base, 'home'),
    TMPDIR: join(base, 'tmp'),
    CHECKPOINT_DISABLE: '1',
    TF_INPUT: '0',
    TF_IN_AUTOMATION: '1',
    TF_CLI_ARGS: '-no-color',
    TF_CLI_CONFIG_FILE: undefined,
    TF_REATTACH_PROVIDERS: undefined,
  }
  const run: Stack['run'] = async (args, env = {}) =>
    asSaid(await lab.run('controller', [binary, ...args], { cwd: folder, env: { ...clean, ...env } }))
  const must = async (args: readonly string[]) => {
    const said = await run(args)
    if (said.code !== 0) throw new Error(`terraform ${args.join(' ')} failed\n${said.text}`)
    return said.text
  }
  const state = (): StateFile | undefined => {
    try {
      return JSON.parse(readFileSync(join(folder, 'terraform.tfstate'), 'utf8'))
    } catch {
      return undefined
    }
  }
  const stack: Stack = {
    folder,
    declare: (tunnels, middles = {}, further = {}, logins = []) => {
      const resource = {
        ...block('sshtunnel_tunnel', tunnels),
        ...block('sshtunnel_middle', middles),
        ...further,
      }
      const configuration = {
        terraform: { required_providers: { sshtunnel: { source, version: '0.1.0' } } },
        ...(Object.keys(resource).length > 0 ? { resource } : {}),
        ...(logins.length > 0 ? { provider: { sshtunnel: { logins } } } : {}),
      }
      writeFileSync(join(folder, 'main.tf.json'), JSON.stringify(configuration, null, 2))
    },
    run,
    apply: (...args) => run(['apply', '-auto-approve', ...args]),
    mustApply: (...args) => must(['apply', '-auto-approve', ...args]),
    plan: (...args) => run(['plan', '-detailed-exitcode', ...args]),
    destroy: (...args) => must(['destroy', '-auto-approve', ...args]),
    start: args => {
      const child = lab.spawn('controller', [binary, ...args], { cwd: folder, env: { ...process.env, ...clean } })
      let text = ''
      for (const stream of [child.stdout, child.stderr]) {
        stream?.setEncoding('utf8').on('data', chunk => {
          text += chunk
        })
      }
      const done = new Promise<Said>(resolve => {
        child.on('close', (code, signal) =>
          resolve(asSaid({ code: code ?? (signal ? 137 : 1), stdout: text, stderr: '' })),
        )
      })
      return { pid: child.pid ?? 0, done }
    },
    state,
    attributes: name => state()?.resources.find(one => one.name === name)?.instances[0]?.attributes,
    remove: () => rmSync(base, { recursive: true, force: true }),
  }
  stack.declare({})
  await must(['init']).catch(error => {
    stack.remove()
    throw error
  })
  return stack
}

/** The resource's name is the tunnel's, unless it says another. Terraform takes no empty block. */
const block = (type: string, resources: Resources) => {
  const entries = Object.entries(resources).map(([name, given]) => [name, { name, ...given }])
  return entries.length > 0 ? { [type]: Object.fromEntries(entries) } : {}
}

/** Terraform frames what went wrong with a bar at the left; wrapped paragraphs are its own affair. */
const asSaid = ({ code, stdout, stderr }: Result): Said => ({
  code,
  text: `${stdout}${stderr}`.replace(/^[│╷╵] ?/gm, ''),
})

/** The error about one tunnel, or a warning, on one line. */
export function errorOf({ text }: Pick<Said, 'text'>, tunnel: string, kind: 'Error' | 'Warning' = 'Error'): string {
  const told = text.split(/^(?=(?:Error|Warning): )/m).map(one => one.replace(/\s+/g, ' '))
  return told.find(one => one.startsWith(kind) && one.includes(`with sshtunnel_tunnel.${tunnel},`)) ?? ''
}

/** The lab's hosts as a resource names them, with further arguments. */
export function hostsOf(lab: Lab): (name: HostName, further?: object) => Record<string, unknown> {
  return (name, further = {}) => ({
    name,
    address: lab.hosts[name].address,
    identity_file: lab.keyFile,
    known_hosts: lab.knownHosts,
    ...further,
  })
}

export const names = ['near', 'middle', 'far'] as const

export async function fingerprints(lab: Lab): Promise<Record<HostName, string>> {
  const [near, middle, far] = await Promise.all(names.map(name => fingerprint(lab.hosts[name])))
  return { near: near ?? '', middle: middle ?? '', far: far ?? '' }
}

/** What far's page says through a port of middle; undefined while it says nothing. */
export async function fetchPage(lab: Lab, port: number, from: PlaceName = 'visitor'): Promise<string | undefined> {
  const url = `http://${lab.hosts.middle.address}:${port}/`
  const { code, stdout } = await lab.run(from, ['curl', '--silent', '--connect-timeout', '1', '--max-time', '3', url])
  return code === 0 ? stdout : undefined
}

/** The first line that a port of middle says; undefined while it says nothing. */
export async function readBanner(lab: Lab, port: number, from: PlaceName = 'visitor'): Promise<string | undefined> {
  const argv = ['busybox', 'nc', '-w', '2', lab.hosts.middle.address, `${port}`]
  const { stdout } = await lab.run(from, argv, { input: '', timeoutMs: 5_000 })
  return stdout.split('\r\n')[0] || undefined
}

export const untilPage = (lab: Lab, port: number) =>
  waitFor(`far's page at ${port}`, () => fetchPage(lab, port), 60_000)
export const untilBanner = (lab: Lab, port: number) =>
  waitFor(`far's banner at ${port}`, () => readBanner(lab, port), 60_000)

/** PROGRAM ADDRESS:PORT of each TCP listener, sorted. */
export async function listeners(lab: Lab, host: HostName): Promise<string[]> {
  const lines = (await lab.hosts[host].sh('ss -Hltnp')).split('\n').filter(Boolean)
  return lines
    .map(line => `${/\("([^"]*)"/.exec(line)?.[1]} ${line.trim().split(/\s+/)[3]}`)
    .sort((a, b) => (a < b ? -1 : 1))
}
