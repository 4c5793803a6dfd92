// How long a read of one host takes while tunnels stand: through the engine's own reading, over a connection that is there already.
import { join } from 'node:path'
import { closeAll, connect } from '../engine/host/pool'
import { readHost } from '../engine/look/snapshot'
import type { Lab } from '../lab'
import type { Host } from '../schemas/types'
import { type Tunnel, timeoutMs } from './contender'
import { median } from './measure'

export const scopes = ['all', 'one'] as const
export type Scope = (typeof scopes)[number]

export interface Read {
  readonly host: 'near' | 'middle'
  readonly scope: Scope
  /** Tunnels that stand. */
  readonly count: number
  readonly ms: number
}

const times = 5

/** The only place that knows how the engine reads. */
async function readOnce(host: Host, tunnels: readonly string[], scope: Scope): Promise<number | undefined> {
  const start = performance.now()
  await readHost(host, { names: scope === 'one' ? tunnels.slice(0, 1) : tunnels })
  return performance.now() - start
}

/** Runs this file in the controller: only from there are the hosts reached. */
export async function readHosts(lab: Lab, tunnels: readonly Tunnel[]): Promise<readonly Read[]> {
  const root = join(__dirname, '..')
  const reads: Read[] = []
  for (const name of ['near', 'middle'] as const) {
    const { address, hostKey } = lab.hosts[name]
    const host: Host = { name, address, user: 'root', hostKey, identityFile: lab.keyFile }
    const input = JSON.stringify({ host, tunnels: tunnels.map(tunnel => tunnel.name) })
    const argv = ['npx', '--no-install', 'tsx', __filename]
    const { code, stdout, stderr } = await lab.run('controller', argv, { cwd: root, input, timeoutMs })
    if (code !== 0) throw new Error(`reading ${name}: exit status ${code}\n${stderr}`)
    const found = JSON.parse(stdout) as Partial<Record<Scope, number>>
    for (const scope of scopes) {
      const ms = found[scope]
      if (ms !== undefined) reads.push({ host: name, scope, count: tunnels.length, ms })
    }
  }
  return reads
}

async function readHere(input: string): Promise<void> {
  const { host, tunnels } = JSON.parse(input) as { host: Host; tunnels: readonly string[] }
  await connect(host)
  const found: Partial<Record<Scope, number>> = {}
  for (const scope of scopes) {
    const asked = scope === 'one' ? tunnels.slice(0, 1) : tunnels
    const taken: number[] = []
    // The first one warms up: code is compiled, the host's files come into its cache.
    for (let time = 0; time <= times; time++) {
      const ms = await readOnce(host, asked, scope)
      if (time > 0 && ms !== undefined) taken.push(ms)
    }
    found[scope] = median(taken)
  }
  closeAll()
  process.stdout.write(JSON.stringify(found))
}

if (require.main === module) {
  process.stdin.setEncoding('utf8')
  let input = ''
  process.stdin.on('data', chunk => {
    input += chunk
  })
  process.stdin.on('end', () => {
    readHere(input).catch(fault => {
      console.error(fault)
      process.exitCode = 1
    })
  })
}
