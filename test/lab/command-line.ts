// The command ssh-tunnels in a lab's controller, with a folder of its own for specs.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HostName, Lab, Result } from '../../lab'

const program = join(__dirname, '../../dist/ssh-tunnels.cjs')

export interface CommandLine {
  readonly folder: string
  /** A host of the lab as a spec says it. */
  hostOf(name: HostName): object
  /** JSON is YAML too. */
  write(file: string, spec: object): void
  run(...words: string[]): Promise<Result>
  /** What a null_resource runs, for one tunnel or middle. */
  one(verb: 'apply' | 'destroy', resource: object): Promise<Result>
  remove(): void
}

export function makeCommandLine(lab: Lab): CommandLine {
  const folder = mkdtempSync(join(tmpdir(), 'lab-command-'))
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
    run: (...words) => lab.run('controller', ['node', program, ...words], { cwd: folder, env: { HOME: folder } }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
