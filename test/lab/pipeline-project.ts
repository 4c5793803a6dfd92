// A user's repository with a spec, the example's scripts and the main.ts of docs/pipelines.md; and checkouts of it, one for each job.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Lab } from '../../lab'
import type { Postgres } from './postgres'
import { hostsOf } from './stack'

const root = join(__dirname, '../..')

export interface Project {
  /** Everything that the jobs write is below: their folders, homes and temporary files. */
  readonly folder: string
  /** What every job finds in its environment. */
  readonly env: NodeJS.ProcessEnv
  writeSpec(text: string): void
  /** A new folder with the repository's files, node_modules as `npm ci` leaves them. */
  checkout(job: string): string
  remove(): void
}

/** The hosts have no identityFile: their key comes from the agent. */
export function specOf(lab: Lab): string {
  const hostOf = hostsOf(lab)
  const host = (name: 'near' | 'middle') => {
    const { address } = hostOf(name)
    return `  ${name}: { address: ${address}, user: root, hostKey: ${lab.hosts[name].hostKey} }`
  }
  return `version: 1
hosts:
${host('near')}
${host('middle')}
tunnels:
  web: { client: near, server: middle, forward: remote, listen: "${lab.hosts.middle.address}:8080", far: "far:80" }
  ssh: { client: middle, forward: local, listen: "${lab.hosts.middle.address}:110", far: "server935:22" }
`
}

export function makeProject(lab: Lab, { url }: Postgres): Project {
  const folder = mkdtempSync(join(tmpdir(), 'pipeline-'))
  const [repository, home, tmp] = ['repository', 'home', 'tmp'].map(name => join(folder, name)) as [
    string,
    string,
    string,
  ]
  for (const path of [repository, home, tmp]) mkdirSync(path)
  const write = (name: string, text: string) => writeFileSync(join(repository, name), text)

  const [, documented = ''] = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, 'docs/pipelines.md'), 'utf8')) ?? []
  write('main.ts', documented.replace(/postgres:[^']*/, url))
  const app = 'npx --no-install tsx main.ts'
  write(
    'cdktf.json',
    JSON.stringify({ language: 'typescript', app, projectId: 'pipelines', sendCrashReports: 'false' }),
  )
  write('package.json', JSON.stringify({ name: 'pipelines', private: true }))
  write('tunnels.yaml', specOf(lab))
  cpSync(join(root, 'examples/github-actions/ci'), join(repository, 'ci'), { recursive: true })
  installModules(join(folder, 'node_modules'))

  return {
    folder,
    env: { HOME: home, TMPDIR: tmp, FORCE_COLOR: '0', TF_CLI_CONFIG_FILE: undefined },
    writeSpec: text => write('tunnels.yaml', text),
    checkout(job) {
      const path = mkdtempSync(join(folder, `${job}-`))
      cpSync(repository, path, { recursive: true })
      symlinkSync(join(folder, 'node_modules'), join(path, 'node_modules'))
      return path
    },
    remove: () => rmSync(folder, { recursive: true }),
  }
}

/** As `npm ci` would, by links into this repository: test/lab/reuse.test.ts installs the package for real. */
function installModules(modules: string): void {
  mkdirSync(join(modules, '.bin'), { recursive: true })
  for (const name of ['cdktf', 'constructs', 'tsx', 'cdktf-cli']) {
    symlinkSync(join(root, 'node_modules', name), join(modules, name))
  }
  for (const name of ['cdktf', 'tsx']) symlinkSync(join(root, 'node_modules/.bin', name), join(modules, '.bin', name))
  symlinkSync(root, join(modules, 'cdktf-ssh-tunnels'))
  symlinkSync('../cdktf-ssh-tunnels/dist/ssh-tunnels.cjs', join(modules, '.bin/ssh-tunnels'))
}
