// `make bench`: the floor, ours and the peer in one run on one lab; writes docs/benchmarks.md.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Lab, startLab } from '../lab'
import { ansibleVersion, findAnsible, makeAnsible } from './ansible'
import { makeCommand } from './command'
import { acts, type Contender, type Name, names, tunnelsOf } from './contender'
import { makeFloor } from './floor'
import { lendPackage } from './lend-package'
import { busyShare, describeRun, terraformVersion } from './machine'
import { measure } from './measure'
import { writeTable } from './page'
import { type Read, readHosts } from './read'
import { actTable, readTable } from './tables'
import { makeTerraform } from './terraform'

const usage = `usage: bench/main.ts [--only WHAT] [--counts COUNTS] [--runs N] [--who NAMES] [--json FILE]
  --only     of deploy, plan, destroy, read; default: all of them
  --counts   tunnels; default: 1 10 100 200
  --runs     of each; default: 3, and 1 from 100 tunnels on
  --who      of ${names.join(', ')}; default: all. With some the tables are printed and the page stays as it is
  --json     writes every sample there
`

function readWords(): { only: string[]; counts: number[]; runs: number; who: Name[]; json: string } {
  const text = { type: 'string', default: '' } as const
  const { values } = parseArgs({ options: { only: text, counts: text, runs: text, who: text, json: text } })
  const several = (words: string, known: readonly string[]) => {
    const list = words.split(/[ ,]+/).filter(Boolean)
    if (!list.every(word => known.includes(word))) throw new Error(usage)
    return known.filter(word => list.length === 0 || list.includes(word))
  }
  const counts = (values.counts || '1 10 100 200').split(/[ ,]+/).filter(Boolean).map(Number)
  const whole = (value: number, least: number) => Number.isInteger(value) && value >= least
  if (!counts.every(count => whole(count, 1)) || !whole(Number(values.runs), 0)) throw new Error(usage)
  return {
    only: several(values.only, [...acts, 'read']),
    counts: counts.sort((a, b) => a - b),
    // 0: as many as suit the count.
    runs: Number(values.runs),
    who: several(values.who, names) as Name[],
    json: values.json,
  }
}

async function makeContenders(lab: Lab, who: readonly Name[], programs: string): Promise<Contender[]> {
  if (who.includes('ansible')) await lendPackage(lab, 'python3', ['near', 'middle'])
  const all: Record<Name, () => Contender> = {
    floor: () => makeFloor(lab),
    command: () => makeCommand(lab),
    terraform: () => makeTerraform(lab),
    'terraform-wide': () => makeTerraform(lab, 100),
    ansible: () => makeAnsible(lab, programs),
  }
  return who.map(name => all[name]())
}

async function main(): Promise<void> {
  const { only, counts, runs, json, ...asked } = readWords()
  const wanted = acts.filter(act => only.includes(act))
  // Only ours is read, so nobody else has to set anything up.
  const who: readonly Name[] = wanted.length === 0 ? ['command'] : asked.who
  const programs = who.includes('ansible') ? await findAnsible() : ''
  const busy = await busyShare()
  const lab = await startLab()
  try {
    const contenders = await makeContenders(lab, who, programs)
    const versions = [await terraformVersion(), programs && (await ansibleVersion(programs))]
    const about = await describeRun(lab, busy, versions)
    console.error(about)
    const reads: Read[] = []
    const order = { counts, runsOf: (count: number) => runs || (count <= 10 ? 3 : 1), wanted }
    const samples = await measure(lab, contenders, order, async ({ name }, count, run) => {
      if (only.includes('read') && name === 'command' && run === 0)
        reads.push(...(await readHosts(lab, tunnelsOf(count))))
    })
    const tables = [
      ...wanted.map(act => [act, actTable(samples, act)] as const),
      ...(reads.length > 0 ? [['read', readTable(reads)] as const] : []),
    ]
    for (const [name, table] of tables) {
      console.log(`${name}\n${table}`)
      if (asked.who.length === names.length) writeTable(name, `${table}\n${about}\n`)
    }
    if (json) writeFileSync(json, `${JSON.stringify({ about, samples, reads }, null, 2)}\n`)
  } finally {
    await lab.stop()
  }
}

main().catch(fault => {
  console.error((fault as Error).message)
  process.exitCode = 1
})
