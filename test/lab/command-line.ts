// The command ssh-tunnels in a lab's controller, with a folder of its own for specs.
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HostName, Lab, Result } from '../../lab'
import { killGroup } from '../../lab/command'

export const program = join(__dirname, '../../dist/ssh-tunnels.cjs')

export interface CommandLine {
  readonly folder: string
  /** A host of the lab as a spec says it. */
  hostOf(name: HostName): object
  /** JSON is YAML too. */
  write(file: string, spec: object): void
  run(...words: string[]): Promise<Result>
  /** What it printed on standard output; throws all that it said when it fails. */
  must(...words: string[]): Promise<string>
  /** A verb on the spec tunnels.yaml: how it ended, and all that it said. */
  runTunnels(verb: string, ...words: string[]): Promise<{ readonly code: number; readonly said: string }>
  /** The same for who wants to end it: its own process is killed, or gets another signal, and nothing of it is caught but how it ends. */
  startAndKill(words: readonly string[], when: () => Promise<unknown>, signal?: NodeJS.Signals): Promise<number | null>
  /** What a null_resource runs, for one tunnel or middle. */
  one(verb: 'apply' | 'destroy', resource: object): Promise<Result>
  remove(): void
}

/** `timeoutMs` is for each run. */
export function makeCommandLine(lab: Lab, timeoutMs = 300_000): CommandLine {
  const folder = mkdtempSync(join(tmpdir(), 'lab-command-'))
  const run = (...words: string[]) =>
    // Where nobody answers it waits for its time to undo a change.
    lab.run('controller', ['node', program, ...words], { cwd: folder, env: { HOME: folder }, timeoutMs })
  return {
    folder,
    hostOf: name => ({
      address: lab.hosts[name].address,
      hostKey: lab.hosts[name].hostKey,
      identityFile: lab.keyFile,
    }),
    write: (file, spec) => writeFileSync(join(folder, file), JSON.stringify({ version: 1, ...spec }, null, 2)),
    one: (verb, resource) =>
      lab.run('controller', ['node', program, 'one', verb], {
        cwd: folder,
        env: { HOME: folder, SSH_TUNNELS_RESOURCE: JSON.stringify(resource) },
      }),
    run,
    async must(...words) {
      const { code, stdout, stderr } = await run(...words)
      if (code !== 0) throw new Error(`${words.join(' ')}: exit status ${code}\n${stdout}${stderr}`)
      return stdout
    },
    async runTunnels(verb, ...words) {
      const { code, stdout, stderr } = await run(verb, 'tunnels.yaml', ...words)
      return { code, said: `${stdout}${stderr}` }
    },
    async startAndKill(words, when, signal) {
      const child = lab.spawn('controller', ['node', program, ...words], {
        cwd: folder,
        env: { HOME: folder },
        stdio: 'ignore',
      })
      const ended = once(child, 'exit')
      await when()
      killGroup(child.pid, signal)
      const [code] = await ended
      return code
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
