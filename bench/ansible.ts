// The peer: Ansible with playbooks that make the same, run in the controller against near and middle.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Lab } from '../lab'
import { type Contender, ends, far, timeoutMs } from './contender'

const playbooks = join(__dirname, 'ansible')

/** @param programs the folder of its programs */
export function makeAnsible(lab: Lab, programs: string): Contender {
  let folder = ''
  const sshOptions = lab.ssh('near').slice(1, 3).join(' ')
  const play = async (playbook: string) => {
    const argv = [
      join(programs, 'ansible-playbook'),
      '-i',
      'hosts.json',
      '-e',
      '@tunnels.json',
      join(playbooks, playbook),
    ]
    const env = {
      HOME: folder,
      ANSIBLE_CONFIG: join(playbooks, 'ansible.cfg'),
      ANSIBLE_HOME: join(folder, 'home'),
      ANSIBLE_SSH_CONTROL_PATH_DIR: folder,
      ANSIBLE_SSH_CONTROL_PATH: '%(directory)s/%%h',
      LC_ALL: 'C.UTF-8',
    }
    const { code, stdout, stderr } = await lab.run('controller', argv, { cwd: folder, env, timeoutMs })
    if (code !== 0)
      throw new Error(`ansible-playbook ${playbook}: exit status ${code}\n${stdout.slice(-3000)}${stderr}`)
    return stdout
  }
  return {
    name: 'ansible',
    atMost: 100,
    async prepare(tunnels) {
      folder = mkdtempSync(join(tmpdir(), 'bench-ansible-'))
      const vars = { ansible_user: 'root', ansible_ssh_common_args: sshOptions }
      const hosts = Object.fromEntries(ends.map(name => [name, {}]))
      writeFileSync(join(folder, 'hosts.json'), JSON.stringify({ all: { hosts, vars } }))
      const { address, hostKey } = lab.hosts.middle
      const given = { tunnels, far, server: address, server_host_key: hostKey }
      writeFileSync(join(folder, 'tunnels.json'), JSON.stringify(given))
    },
    async deploy() {
      await play('deploy.yaml')
    },
    async plan() {
      return !/ changed=[1-9]/.test(await play('deploy.yaml'))
    },
    async destroy() {
      await play('remove.yaml')
    },
    async tidy() {
      // The next first run shall find no connection, as every first run.
      for (const host of ends)
        await lab.run('controller', [...lab.ssh(host), '-o', `ControlPath=${folder}/%h`, '-O', 'exit'])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
