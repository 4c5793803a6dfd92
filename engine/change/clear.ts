// What killed programs have left on a host goes before anything is planned there. Every batch clears it; where it stands, one runs for that alone.
import { eachLogin, loginId } from '../../schemas/machine'
import type { Host } from '../../schemas/types'
import { hostsOf } from '../wish/declared'
import { runSteps } from './batch'
import { isOn, type Job, type Known, requestsOn } from './job'

/** Where nothing else is to be done. What cannot be cleared is told the next time. */
export async function clearHosts(hosts: readonly Host[]): Promise<void> {
  await Promise.allSettled(hosts.map(host => runSteps(host, { steps: [], requests: { names: [] } })))
}

/** Never rejects: where it cannot be done, all who are there have it in `failed`. */
export async function clearLeft(jobs: readonly Job[], known: Known): Promise<void> {
  const hosts = eachLogin(jobs.flatMap(({ declared }) => hostsOf(declared)))
  await Promise.all(
    hosts.map(async host => {
      const id = loginId(host)
      if (!known.snapshots.get(id)?.left.length) return
      const there = jobs.filter(job => isOn(host, job))
      there[0]?.tell(`${host.name}: clear what a killed program has left`)
      try {
        const requests = requestsOn(host, jobs)
        const { snapshot } = await runSteps<Job>(host, { steps: [], requests, evenIfStopped: true })
        if (snapshot) known.snapshots.set(id, snapshot)
      } catch (why) {
        for (const { failed } of there) failed.set(id, why)
      }
    }),
  )
}
