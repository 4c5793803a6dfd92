// What a number belongs to: the machine, the day, the commit and the versions.
import { cpus } from 'node:os'
import type { Lab } from '../lab'
import { must } from '../lab/command'
import { findTerraform } from '../test/provider/terraform'

/** The share of all cores, 0 to 1, that is not idle during a second. Asked before a run: the load average still counts what ended a minute ago. */
export async function busyShare(): Promise<number> {
  const read = () => {
    const times = cpus().map(({ times }) => times)
    const idle = times.reduce((sum, one) => sum + one.idle, 0)
    return { idle, all: times.reduce((sum, one) => sum + one.user + one.nice + one.sys + one.irq + one.idle, 0) }
  }
  const before = read()
  await new Promise(resolve => setTimeout(resolve, 1_000))
  const after = read()
  return 1 - (after.idle - before.idle) / (after.all - before.all)
}

/**
 * @param lab without one ssh has no part in it
 * @param programs the names and versions of those that the lab's ssh and Node are not
 */
export async function describeRun(lab: Lab | undefined, busy: number, programs: readonly string[]): Promise<string> {
  const [commit, ssh] = await Promise.all([
    must(['git', '-C', __dirname, 'describe', '--always', '--dirty']),
    lab?.hosts.middle.sh('ssh -V 2>&1') ?? '',
  ])
  const openssh = /^OpenSSH_\S+?(?=[ ,])/.exec(ssh)?.[0].replace('_', ' ')
  const versions = [openssh, ...programs, `Node ${process.versions.node}`]
  const processors = cpus()
  const machine = `${processors.length} cores (${processors[0]?.model.trim()}), ${Math.round(busy * 100)} % busy before`
  return `${new Date().toISOString().slice(0, 10)}, commit ${commit}, ${machine}; ${versions.filter(Boolean).join(', ')}.`
}

export async function terraformVersion(): Promise<string> {
  const said = await must([findTerraform(), 'version'], {
    env: { CHECKPOINT_DISABLE: '1', TF_CLI_CONFIG_FILE: undefined },
  })
  return /^(?:Terraform|OpenTofu) v\S+/m.exec(said)?.[0].replace(' v', ' ') ?? ''
}
