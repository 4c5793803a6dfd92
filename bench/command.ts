// Ours without Terraform: the command `ssh-tunnels`, run in the controller with a spec file; each tunnel with an ssh of its own, or one for all.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Lab } from '../lab'
import { type Contender, far, type Tunnel, timeoutMs } from './contender'

const program = join(__dirname, '../dist/ssh-tunnels.cjs')

export function makeCommand(lab: Lab, connection: 'own' | 'shared' = 'own'): Contender {
  let folder = ''
  const run = async (words: readonly string[], fine: readonly number[] = [0]) => {
    const argv = ['node', program, ...words]
    const { code, stdout, stderr } = await lab.run('controller', argv, {
      cwd: folder,
      env: { HOME: folder },
      timeoutMs,
    })
    if (!fine.includes(code)) throw new Error(`ssh-tunnels ${words.join(' ')}: exit status ${code}\n${stdout}${stderr}`)
    return code
  }
  return {
    name: connection === 'shared' ? 'shared' : 'command',
    async prepare(tunnels) {
      folder = mkdtempSync(join(tmpdir(), 'bench-command-'))
      writeFileSync(join(folder, 'tunnels.yaml'), JSON.stringify(specOf(lab, tunnels, connection)))
    },
    async deploy() {
      await run(['apply', 'tunnels.yaml'])
    },
    async plan() {
      return (await run(['plan', 'tunnels.yaml', '--detailed-exitcode'], [0, 2])) === 0
    },
    async destroy() {
      await run(['destroy', 'tunnels.yaml'])
    },
    async tidy() {
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** JSON is YAML too. */
function specOf(lab: Lab, tunnels: readonly Tunnel[], connection: 'own' | 'shared'): object {
  const host = (name: 'near' | 'middle') => ({
    address: lab.hosts[name].address,
    hostKey: lab.hosts[name].hostKey,
    identityFile: lab.keyFile,
  })
  const one = ({ port }: Tunnel) => ({
    client: 'near',
    server: 'middle',
    forward: 'remote',
    listen: `${lab.hosts.middle.address}:${port}`,
    far,
    ...(connection === 'shared' && { connection }),
  })
  return {
    version: 1,
    owner: 'bench',
    hosts: { near: host('near'), middle: host('middle') },
    tunnels: Object.fromEntries(tunnels.map(tunnel => [tunnel.name, one(tunnel)])),
  }
}
