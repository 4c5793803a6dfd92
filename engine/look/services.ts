// What keeps services running on a host, and how those of ours are that do without systemd.
import { unitOf } from '../parts/paths'
import { type Scripted, type SupervisorName, supervisors } from '../parts/snapshot'

/** Of a host that does not tell it is systemd. */
export const readSupervisor = (text: string): SupervisorName =>
  supervisors.find(name => name === text.trim()) ?? 'systemd'

/** A line each: NAME STATE PID RESTARTS, and who starts it at boot. */
export const readServices = (text: string): Record<string, Scripted> =>
  Object.fromEntries(
    text.split('\n').flatMap((line): [string, Scripted][] => {
      const [, name = '', state, pid, restarts, startedBy = ''] =
        /^([a-z0-9-]+) (active|activating|inactive) (\d+) (\d+) (\w*)$/.exec(line) ?? []
      return name
        ? [
            [
              unitOf(name),
              { state: state as Scripted['state'], pid: Number(pid), restarts: Number(restarts), startedBy },
            ],
          ]
        : []
    }),
  )
