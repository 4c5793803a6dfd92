// Deploy, plan and destroy by all contenders in turn on one lab, and what each cost the hosts and the provider's memory meanwhile.
import { type Lab, startLab } from '../lab'
import { makeAnsible } from './ansible'
import { makeCommand } from './command'
import { acts, type Contender, type Name, tunnelsOf } from './contender'
import { makeFloor } from './floor'
import { lendPackage } from './lend-package'
import { describeRun, terraformVersion } from './machine'
import { type Measured, measure } from './measure'
import { costMeter, memoryMeter } from './meters'
import { makePyinfra } from './pyinfra'
import { findPythonPeer, type PythonPeer, versionOf } from './python-peer'
import { type Read, readHosts } from './read'
import { makeRemoteExec } from './remote-exec'
import { makeScript } from './script'
import { type Asked, publish, type Section } from './section'
import { actTable, costTable, memoryTable, readTable } from './tables'
import { makeTerraform } from './terraform'
import { makeTerraformData } from './terraform-data'

/** Those who are of PyPI, and their programs. */
const pythonPeers: Partial<Readonly<Record<Name, PythonPeer>>> = { ansible: 'ansible-core', pyinfra: 'pyinfra' }

export interface Contest {
  readonly contenders: readonly Contender[]
  readonly versions: readonly string[]
  /** What is lent to hosts that are as new. */
  furnish(): Promise<void>
}

export async function makeContest(lab: Lab, who: readonly Name[]): Promise<Contest> {
  const peers = who.flatMap(name => pythonPeers[name] ?? [])
  const programs = new Map<PythonPeer, string>()
  for (const peer of peers) programs.set(peer, await findPythonPeer(peer))
  const furnish = async () => {
    if (who.includes('ansible')) await lendPackage(lab, 'python3', ['near', 'middle'])
  }
  await furnish()
  const all: Record<Name, () => Contender> = {
    floor: () => makeFloor(lab),
    script: () => makeScript(lab),
    'terraform-data': () => makeTerraformData(lab),
    command: () => makeCommand(lab),
    shared: () => makeCommand(lab, 'shared'),
    terraform: () => makeTerraform(lab),
    'terraform-wide': () => makeTerraform(lab, 100),
    'remote-exec': () => makeRemoteExec(lab),
    pyinfra: () => makePyinfra(lab, programs.get('pyinfra') ?? ''),
    ansible: () => makeAnsible(lab, programs.get('ansible-core') ?? ''),
  }
  return {
    contenders: who.map(name => all[name]()),
    versions: [await terraformVersion(), ...peers.map(versionOf)],
    furnish,
  }
}

/** For whoever failed and left something behind. */
export const mender =
  (lab: Lab, { furnish }: Contest) =>
  async () => {
    await lab.reset()
    await furnish()
  }

async function run(asked: Asked): Promise<void> {
  const { only, counts, runs } = asked
  const wanted = acts.filter(act => only.includes(act) || (only.includes('cost') && act !== 'destroy'))
  const tables = acts.filter(act => only.includes(act))
  // Only ours is read, and has a provider, so nobody else has to set anything up.
  const who: readonly Name[] = wanted.length > 0 ? asked.who : ['command']
  const lab = await startLab()
  try {
    const contest = await makeContest(lab, who)
    const about = await describeRun(lab, asked.busy, contest.versions)
    console.error(about)
    const reads: Read[] = []
    const meters = [costMeter(lab), await memoryMeter(lab, 'terraform-provider-sshtunnel')]
    const all: Measured = { samples: [], failures: [] }
    // Written after each count: what is measured is not lost with what comes later.
    for (const count of counts) {
      const measured = await measure(lab, contest.contenders, {
        counts: [count],
        runsOf: count => runs ?? (count <= 10 ? 3 : 1),
        wanted,
        meters,
        standing: async ({ name }, count, run) => {
          if (only.includes('read') && name === 'command' && run === 0)
            reads.push(...(await readHosts(lab, tunnelsOf(count))))
        },
        mend: mender(lab, contest),
      })
      Object.assign(all, {
        samples: [...all.samples, ...measured.samples],
        failures: [...all.failures, ...measured.failures],
      })
      for (const act of tables) publish(asked, act, actTable(all, act), about, measured)
      if (only.includes('cost')) {
        const few = all.samples.filter(one => one.act !== 'destroy')
        publish(asked, 'cost', costTable(few), about, [])
      }
      if (all.samples.some(({ memory }) => memory !== undefined))
        publish(asked, 'memory', memoryTable(all.samples), about, [])
      if (reads.length > 0) publish(asked, 'read', readTable(reads), about, reads)
    }
  } finally {
    await lab.stop()
  }
}

export const actsSection: Section = { name: 'acts', words: [...acts, 'read', 'cost'], run }
