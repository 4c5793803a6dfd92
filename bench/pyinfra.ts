// The peer pyinfra, with deploys that make the same, run in the controller against near and middle. A plan is its dry run.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import type { Lab } from '../lab'
import { type Contender, ends, far, timeoutMs } from './contender'
import { keyLine, ruleOf } from './peer-texts'
import { makeKeys } from './remote-exec'

const deploys = join(__dirname, 'pyinfra')

/** @param programs the folder of its programs */
export function makePyinfra(lab: Lab, programs: string): Contender {
  let folder = ''
  const run = async (files: readonly string[], word: string) => {
    const argv = [join(programs, 'pyinfra'), word, 'inventory.py', ...files.map(file => join(deploys, file))]
    const env = { HOME: folder, PYTHONDONTWRITEBYTECODE: '1', LC_ALL: 'C.UTF-8' }
    const { code, stdout, stderr } = await lab.run('controller', argv, { cwd: folder, env, timeoutMs })
    if (code !== 0)
      throw new Error(`pyinfra ${files.join(' ')}: exit status ${code}\n${stdout.slice(-3000)}${stderr.slice(-3000)}`)
    return `${stdout}${stderr}`
  }
  return {
    name: 'pyinfra',
    atMost: 100,
    async prepare(tunnels) {
      folder = mkdtempSync(join(tmpdir(), 'bench-pyinfra-'))
      await makeKeys(folder, tunnels)
      const { address: server, hostKey } = lab.hosts.middle
      const given = {
        server,
        server_host_key: hostKey,
        far,
        templates: join(__dirname, 'ansible'),
        tunnels: tunnels.map(tunnel => {
          const publicKey = readFileSync(join(folder, 'keys', `${tunnel.name}.pub`), 'utf8').trim()
          return { ...tunnel, key_line: keyLine(tunnel, server, publicKey), rule: ruleOf(tunnel, server) }
        }),
      }
      writeFileSync(join(folder, 'tunnels.json'), JSON.stringify(given))
      const data = (end: (typeof ends)[number]) => ({
        ssh_hostname: lab.hosts[end].address,
        ssh_user: 'root',
        ssh_key: lab.keyFile,
        ssh_known_hosts_file: lab.knownHosts,
        ssh_strict_host_key_checking: 'yes',
      })
      const hosts = ends.map(end => `(${JSON.stringify(end)}, ${JSON.stringify(data(end))})`)
      writeFileSync(join(folder, 'inventory.py'), `hosts = [${hosts.join(', ')}]\n`)
    },
    async deploy() {
      await run(['deploy.py', 'up.py'], '--yes')
    },
    async plan() {
      // A line each: `OPERATION  1 (near)  -`, where the last column is for what depends on other operations.
      return !/ \d+ \([a-z, ]+\) +-\s*$/m.test(stripVTControlCharacters(await run(['deploy.py', 'up.py'], '--dry')))
    },
    async destroy() {
      await run(['down.py', 'remove.py'], '--yes')
    },
    async tidy() {
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
