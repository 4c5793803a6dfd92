// What a number belongs to: the machine, the day, the commit and the versions.
import { cpus, loadavg } from 'node:os'
import type { Lab } from '../lab'
import { must } from '../lab/command'
import { findTerraform } from '../test/provider/terraform'

export async function describeRun(lab: Lab, programs: string | undefined): Promise<string> {
  const quiet = { env: { CHECKPOINT_DISABLE: '1', TF_CLI_CONFIG_FILE: undefined } }
  const [commit, ssh, terraform, ansible] = await Promise.all([
    must(['git', '-C', __dirname, 'describe', '--always', '--dirty']),
    lab.hosts.middle.sh('ssh -V 2>&1'),
    must([findTerraform(), 'version'], quiet),
    programs && must([`${programs}/ansible-playbook`, '--version']),
  ])
  const versions = [
    /^OpenSSH_\S+?(?=[ ,])/.exec(ssh)?.[0].replace('_', ' '),
    /^(?:Terraform|OpenTofu) v\S+/m.exec(terraform)?.[0].replace(' v', ' '),
    ansible && /\[core (\S+)\]/.exec(ansible)?.[0].replace(/\[core (\S+)\]/, 'ansible-core $1'),
    `Node ${process.versions.node}`,
  ]
  const processors = cpus()
  const load = loadavg()[0]?.toFixed(1)
  const machine = `${processors.length} cores (${processors[0]?.model.trim()}), load ${load} before`
  return `${new Date().toISOString().slice(0, 10)}, commit ${commit}, ${machine}; ${versions.filter(Boolean).join(', ')}.`
}
