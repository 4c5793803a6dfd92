// The user's folder in the demo: a spec of two tunnels, and `cdktf` run in it from the controller.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Lab, Result } from '../index'

const home = join(__dirname, '../..')

/** The tutorial's tunnel, and a published web page. */
export function specOf(lab: Lab): string {
  const { near, middle } = lab.hosts
  return `version: 1
hosts:
  near:
    address: ${near.address}
    hostKey: ${near.hostKey}
    identityFile: ${lab.keyFile}
  middle:
    address: ${middle.address}
    hostKey: ${middle.hostKey}
    identityFile: ${lab.keyFile}
tunnels:
  server935-ssh:                      # ssh -N -L ${middle.address}:110:server935:22, on the middle itself
    client: middle
    forward: local
    listen: ${middle.address}:110
    far: server935:22
  web:                                # ssh -N -R ${middle.address}:8080:far:80, from near
    client: near
    server: middle
    forward: remote
    listen: ${middle.address}:8080
    far: far:80
    allowFrom: [192.0.2.0/24]
`
}

export interface Project {
  /** Runs cdktf with these words, the answer without colours. */
  cdktf(...words: string[]): Promise<Result>
}

export function makeProject(lab: Lab): Project {
  // Goes with the lab, also after Ctrl-C.
  const folder = join(lab.folder, 'project')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'tunnels.yaml'), specOf(lab))
  const settings = JSON.parse(readFileSync(join(home, 'cdktf.json'), 'utf8')) as Record<string, unknown>
  const app = `node --require ${join(home, 'node_modules/tsx/dist/cjs/index.cjs')} ${join(home, 'main.ts')}`
  writeFileSync(join(folder, 'cdktf.json'), JSON.stringify({ ...settings, app }))
  const env: NodeJS.ProcessEnv = {
    HOME: folder,
    FORCE_COLOR: '0',
    // No calls home.
    CHECKPOINT_DISABLE: '1',
    DISABLE_VERSION_CHECK: '1',
    // This user's own CLI configuration has no place in the demo.
    TF_CLI_CONFIG_FILE: undefined,
  }
  return {
    cdktf: (...words) =>
      lab.run('controller', [join(home, 'node_modules/.bin/cdktf'), ...words], {
        cwd: folder,
        env,
        timeoutMs: 180_000,
      }),
  }
}
