// The floor: what ssh itself needs, with nothing around it. N plain `ssh -N -R`, a login to each host that does nothing, a kill.
import type { Lab } from '../lab'
import { must } from '../lab/command'
import { type Contender, ends, far, type Tunnel, untilListening } from './contender'

// MaxStartups: all connect at once, and sshd would drop some of them. The others would be the account's own settings.
const dropIn = `MaxStartups 1000
GatewayPorts clientspecified
AuthorizedKeysFile .ssh/authorized_keys /etc/ssh/bench/authorized_keys
`
const dropInPath = '/etc/ssh/sshd_config.d/00-bench.conf'
const key = '/root/bench/key'

export function makeFloor(lab: Lab): Contender {
  const { near, middle } = lab.hosts
  const words = [
    ...['ssh', '-F', 'none', '-N', '-T', '-i', key, '-o', 'BatchMode=yes', '-o', 'ExitOnForwardFailure=yes'],
    ...['-o', 'UserKnownHostsFile=/root/bench/known_hosts', '-o', 'StrictHostKeyChecking=yes'],
  ].join(' ')
  let tunnels: readonly Tunnel[] = []
  let pids = ''
  return {
    name: 'floor',
    // Middle's firewall is closed to its ports.
    bare: true,
    async prepare(wanted) {
      tunnels = wanted
      await near.writeFile('/root/bench/known_hosts', `${middle.address} ${middle.hostKey}\n`)
      await near.sh(`ssh-keygen -q -t ed25519 -N '' -f ${key}`)
      await middle.writeFile('/etc/ssh/bench/authorized_keys', `${await near.sh(`cat ${key}.pub`)}\n`)
      await middle.writeFile(dropInPath, dropIn)
      // A plain ssh that comes while sshd executes itself anew is refused, and does not try again.
      await middle.sh(
        `sshd -t && systemctl reload ssh && until [ /run/sshd.pid -nt ${dropInPath} ]; do sleep 0.02; done`,
      )
    },
    async deploy() {
      const start = tunnels.map(({ port }) => {
        const forward = `-R ${middle.address}:${port}:${far}`
        return `${words} ${forward} root@${middle.address} </dev/null >/dev/null 2>&1 & echo $!`
      })
      const [started] = await Promise.all([
        near.sh(start.join('\n')),
        middle.sh(untilListening(tunnels, tunnels.length)),
      ])
      pids = started.split('\n').join(' ')
    },
    async plan() {
      await Promise.all(ends.map(host => must(lab.argvIn('controller', [...lab.ssh(host), 'true']))))
      return true
    },
    async destroy() {
      await Promise.all([near.sh(`kill ${pids}`), middle.sh(untilListening(tunnels, 0))])
    },
    async tidy() {
      await near.sh('rm -rf /root/bench')
      await middle.sh(`rm -rf ${dropInPath} /etc/ssh/bench && systemctl reload ssh`)
    },
  }
}
