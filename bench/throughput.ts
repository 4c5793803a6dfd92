// How fast data goes through a tunnel of ours, beside a plain ssh with the same forward and the way without ssh, in turn.
import { startLab } from '../lab'
import { must } from '../lab/command'
import { makeCommandLine } from '../test/lab/command-line'
import { describeRun } from './machine'
import { median, tell } from './measure'
import { type Asked, publish, type Section } from './section'
import { medianAndRange, table, times } from './tables'

const megabytes = 200
const ways = ['direct', 'ssh -L', 'ours, local', 'ssh -R', 'ours, remote'] as const
type Way = (typeof ways)[number]

const rowNames: Readonly<Record<Way, string>> = {
  direct: 'without ssh',
  'ssh -L': 'plain `ssh -L`',
  'ours, local': 'ours, `forward: local`',
  'ssh -R': 'plain `ssh -R`',
  'ours, remote': 'ours, `forward: remote`',
}
const peerOf: Partial<Readonly<Record<Way, Way>>> = { 'ours, local': 'ssh -L', 'ours, remote': 'ssh -R' }

export interface Passage {
  readonly way: Way
  readonly megabytesASecond: number
}

async function run(asked: Asked): Promise<void> {
  const lab = await startLab()
  const command = makeCommandLine(lab)
  try {
    const { near, middle, far } = lab.hosts
    await far.sh(`head -c ${megabytes}M /dev/zero >/srv/www/much`)
    const at: Readonly<Record<Way, string>> = {
      direct: far.address,
      'ssh -L': `${near.address}:9001`,
      'ours, local': `${near.address}:9002`,
      'ssh -R': `${middle.address}:9003`,
      'ours, remote': `${middle.address}:9004`,
    }
    const [client, server] = ['near', 'middle']
    const sides = { client, server, far: 'far:80' }
    command.write('tunnels.yaml', {
      owner: 'bench',
      hosts: { near: command.hostOf('near'), middle: command.hostOf('middle') },
      tunnels: {
        local: { ...sides, forward: 'local', listen: at['ours, local'] },
        remote: { ...sides, forward: 'remote', listen: at['ours, remote'] },
      },
    })
    await command.must('apply', 'tunnels.yaml')
    // Beside ours: its own account of root's, with the same ciphers, for nobody names any.
    await near.sh(`mkdir -p /root/bench && ssh-keygen -q -t ed25519 -N '' -f /root/bench/key`)
    await near.writeFile('/root/bench/known_hosts', `${middle.address} ${middle.hostKey}\n`)
    await middle.sh(`nft insert rule inet filter input tcp dport 9003 accept
      echo '${await near.sh('cat /root/bench/key.pub')}' >>/root/.ssh/authorized_keys
      echo 'GatewayPorts clientspecified' >/etc/ssh/sshd_config.d/00-bench.conf && sshd -t && systemctl reload ssh`)
    const forwards = `-L ${at['ssh -L']}:far:80 -R ${at['ssh -R']}:far:80`
    const options = '-o UserKnownHostsFile=/root/bench/known_hosts -o BatchMode=yes -o ExitOnForwardFailure=yes'
    // Two, as ours are: neither waits for the other's data.
    for (const forward of forwards.split(/ (?=-R)/))
      await near.sh(`systemd-run -q --unit=bench${forward.slice(0, 2)} -p Restart=on-failure -p RestartSec=1 \
        ssh -F none -N -T -i /root/bench/key ${options} ${forward} root@${middle.address}`)
    const about = await describeRun(lab, asked.busy, [])
    console.error(about)
    const passages: Passage[] = []
    for (let run = 0; run <= (asked.runs ?? 5); run++) {
      for (const way of ways) {
        const fetch = ['curl', '--silent', '--fail', '--retry', '20', '--retry-delay', '1', '--retry-all-errors']
        const what = ['--output', '/dev/null', '--write-out', '%{speed_download}', `http://${at[way]}/much`]
        const megabytesASecond = Number(await must(lab.argvIn('visitor', [...fetch, ...what]))) / 1e6
        tell(`${way}: ${megabytesASecond.toFixed(0)} MB/s`)
        // The first one of each warms up.
        if (run > 0) passages.push({ way, megabytesASecond })
      }
    }
    publish(asked, 'throughput', throughputTable(passages), about, passages)
  } finally {
    command.remove()
    await lab.stop()
  }
}

export function throughputTable(passages: readonly Passage[]): string {
  const of = (way: Way) => passages.filter(one => one.way === way).map(one => one.megabytesASecond)
  const rows = ways.map(way => {
    const peer = peerOf[way]
    const [own, theirs] = [median(of(way)), peer && median(of(peer))]
    const ratio = own && theirs && peer ? `, ${times(own / theirs)} ${rowNames[peer]}` : ''
    return [rowNames[way], `${medianAndRange(of(way), value => `${value.toFixed(0)} MB/s`)}${ratio}`]
  })
  return table([`${megabytes} MiB from far to the visitor`, 'speed'], rows)
}

export const throughputSection: Section = { name: 'throughput', words: ['throughput'], run }
