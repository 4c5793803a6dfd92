// What the guard waits for: a login that comes late, and an sshd that somebody stops.
import { type Lab, startLab } from '../../lab'
import { type GuardedHost, left, makeGuardedHost } from '../lab/guarded-host'

let lab: Lab
let at: GuardedHost

beforeAll(async () => {
  lab = await startLab({ log: () => {} })
  at = await makeGuardedHost(lab)
})
afterAll(async () => {
  await lab?.stop()
  at?.line.remove()
})

test('as long as somebody is there and tries to confirm it a host waits for longer than its window', async () => {
  // The first connection comes through at once, the next after a quarter of a minute.
  await lab.hosts.middle.sh(`nft add table inet slow
    nft add chain inet slow input '{ type filter hook input priority 0; }'
    nft add rule inet slow input tcp dport 22 ct state new limit rate over 4/minute burst 1 packets drop`)
  at.write({ guard: { window: 10 }, sshd: { clientAliveInterval: 45 } })
  const { code, stdout, stderr } = await at.line.run('apply', 'tunnels.yaml')
  await lab.hosts.middle.sh('nft delete table inet slow')
  expect({ code, said: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, said: '' })
  expect(await lab.hosts.middle.sh(left)).toBe('')
  await at.goOn()
})

test('an sshd that somebody stops meanwhile runs again, and what others have changed is told', async () => {
  at.write({ sshd: { clientAliveInterval: 45 } })
  const other = '/etc/ssh/sshd_config.d/05-other.conf'
  const stops = lab.hosts.middle.sh(
    `until ls /var/lib/ssh-tunnels/undo-*/armed; do sleep 0.01; done >/dev/null 2>&1; echo '# theirs' >${other}; systemctl stop ssh`,
  )
  const { code, stdout, stderr } = await at.line.run('apply', 'tunnels.yaml')
  await stops
  await lab.hosts.middle.sh(`rm ${other}`)
  expect({ code, told: stdout + stderr }).toEqual({ code: 1, told: expect.stringContaining(`${other}: new`) })
  await at.goOn()
})
