// sshd outlives reloads that come right after each other: a second SIGHUP before it has its handler again would end it for good.
import { encode } from '../../engine/host/quote'
import { scripts } from '../../engine/remote/texts'
import { type Lab, startLab } from '../../lab'

let lab: Lab

beforeAll(async () => {
  lab = await startLab()
})
afterAll(() => lab?.stop())

const dropIn = (name: string) => `/etc/ssh/sshd_config.d/10-ssh-tunnels-${name}.conf`

test('a configuration that sshd reads slowly, and right after it a small one, leave sshd listening', async () => {
  const { middle } = lab.hosts
  const pid = () => middle.sh('systemctl show --property=MainPID --value ssh')
  const before = await pid()
  // sshd reads it for longer than the next steps take.
  const slow = [...Array(1000).keys()].map(at => `Match User nobody${at}\n  PermitTTY no\n`).join('')
  const steps = [...Array(3).keys()].flatMap(() => [
    ['sshd_put', dropIn('x'), encode(slow)],
    ['sshd_commit'],
    ['sshd_remove', dropIn('x')],
    ['sshd_commit'],
  ])
  await middle.writeFile('/run/batch.sh', scripts.batch.text)
  const lines = [...steps, ['end']].map(line => `${line.join('\x1f')}\n`).join('')
  const ran = await middle.exec('sh /run/batch.sh; echo "exit $?"', lines)
  expect({ ...ran, stderr: '' }).toMatchObject({ stdout: 'exit 0\n' })
  expect(await middle.sh('systemctl is-active ssh')).toBe('active')
  expect(await pid()).toBe(before)
  // No wait: a reload has ended only when sshd listens again.
  expect((await lab.run('controller', lab.ssh('middle').concat('true'))).code).toBe(0)
})
