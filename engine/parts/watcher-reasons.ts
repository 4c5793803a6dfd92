// Why each line of the resident proof's units is there. Pure.
import { giveReasons, type Line, type Reasons } from './explained'

const tables: readonly (readonly [Reasons, string])[] = [
  [
    {
      Description: 'what systemctl shows of it',
      After: 'the order at boot',
      WantedBy: 'started at every boot',
    },
    'systemd.unit(5)',
  ],
  [
    {
      Type: 'each run is one proof, which ends',
      ExecStart:
        'dials the public port as a visitor would; what stands behind the statuses is the hook, called when it changes',
      TimeoutStartSec: 'a far that is silent does not hold up the next proof for ever',
    },
    'systemd.service(5)',
  ],
  [
    {
      UMask: 'what it writes root alone reads',
      SyslogLevel: 'what the hook says is a notice',
      LogLevelMax: "systemd's own lines of each run are left out of the journal",
    },
    'systemd.exec(5)',
  ],
  [
    {
      OnActiveSec: 'the first proof, soon after the start',
      OnUnitInactiveSec: 'the time between the end of a proof and the next one',
      AccuracySec: 'not put off to run together with other timers',
    },
    'systemd.timer(5)',
  ],
]

export const explainWatcher = (texts: readonly string[]): Line[] =>
  texts
    .flatMap(text => text.split('\n'))
    .filter(line => /^[A-Z]\w*=/.test(line))
    .flatMap(line => {
      const name = line.split('=')[0] ?? ''
      const [reasons, page] = tables.find(([reasons]) => Object.hasOwn(reasons, name)) ?? [{}, '']
      return giveReasons([line], reasons, page)
    })
