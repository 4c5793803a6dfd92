// Five tunnels, two of which share a connection, and who has stolen their keys: hosts on which every attempt succeeds for who may everything, and the attempts themselves.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type HostName, type ImageName, type Lab, startLab } from '../../lab'
import { type CommandLine, makeCommandLine } from '../lab/command-line'
import type { Attempt, Login } from './attempt'

const words = readFileSync(join(__dirname, 'attempt-words.sh'), 'utf8')
const folder = '/root/attempts'

/** Whose key and account a login is; `everything` may everything. */
const logins: Readonly<Record<Login, { readonly user: string; readonly key: string }>> = {
  remote: { user: 'tun-pub', key: `${folder}/remote` },
  local: { user: 'tun-dial', key: `${folder}/local` },
  second: { user: 'tun-second', key: `${folder}/second` },
  jump: { user: 'tun-over', key: `${folder}/jump` },
  shared: { user: 'tun-near-middle', key: `${folder}/shared` },
  everything: { user: 'everything', key: `${folder}/everything` },
}

export interface Outcome {
  readonly succeeded: boolean
  /** sshd has let it in. */
  readonly letIn: boolean
  /** What ssh said, for people. */
  readonly said: string
}

export interface Stage {
  readonly lab: Lab
  readonly line: CommandLine
  tryIt(attempt: Attempt, who: Login): Promise<Outcome>
  /** The units of the remote forwards. */
  setUnits(verb: 'start' | 'stop'): Promise<void>
  /** What listens on the middle, a line each. */
  listeners(): Promise<string[]>
  end(): Promise<void>
}

export async function startStage(image: ImageName): Promise<Stage> {
  const lab = await startLab({ images: { middle: image }, log: () => {} })
  const line = makeCommandLine(lab)
  const word = randomBytes(8).toString('hex')
  const { near, middle, far } = lab.hosts
  const hosts = [near, middle, far]
  let count = 0

  await Promise.all(hosts.map(host => host.sh(beacon(word))))
  await near.sh(
    `cd ${folder} && ssh-keygen -q -t ed25519 -N '' -f everything && ssh-keygen -q -t ed25519 -N '' -C ${word} -f agent`,
  )
  const publicKey = await near.sh(`cat ${folder}/everything.pub`)
  const letIn = `for home in /root /home/admin; do echo '${publicKey}' >>$home/.ssh/authorized_keys; done`
  await Promise.all(hosts.map(host => host.sh(letIn)))
  await middle.sh(mayEverything(publicKey))
  await deploy()
  // Whoever steals a key has a copy of it.
  await near.sh(
    `umask 077; cat /etc/ssh-tunnels/pub/key >${folder}/remote; cat /etc/ssh-tunnels/dial/key >${folder}/local; cat /etc/ssh-tunnels/over/key >${folder}/jump; cat /etc/ssh-tunnels/near-middle/key >${folder}/shared`,
  )
  await near.exec(`umask 077; cat >${folder}/second`, `${await far.sh('cat /etc/ssh-tunnels/second/key')}\n`)
  for (const [name, { user, key }] of Object.entries(logins)) {
    await near.writeFile(`${folder}/${name}.conf`, sshConfig(user, key))
  }
  await near.writeFile(`${folder}/known_hosts`, readFileSync(lab.knownHosts, 'utf8'))

  async function deploy(): Promise<void> {
    const remote = { forward: 'remote', server: 'middle' }
    const sharing = { client: 'near', connection: 'shared' }
    const of = (name: HostName) => line.hostOf(name)
    line.write('tunnels.yaml', {
      owner: 'me',
      hosts: { near: of('near'), middle: of('middle'), far: of('far') },
      tunnels: {
        pub: { ...remote, client: 'near', listen: '203.0.113.20:8080', far: 'far:80' },
        dial: { forward: 'local', server: 'middle', client: 'near', listen: '198.51.100.10:5432', far: 'far:80' },
        over: {
          forward: 'local',
          client: 'near',
          jumps: ['middle'],
          server: 'far',
          listen: '127.0.0.1:5433',
          far: '127.0.0.1:80',
        },
        'shared-pub': { ...remote, ...sharing, listen: '203.0.113.20:8090', far: 'far:80' },
        'shared-dial': { ...sharing, forward: 'local', server: 'middle', listen: '198.51.100.10:5433', far: 'far:80' },
        second: { ...remote, client: 'far', listen: '203.0.113.20:8081', far: '127.0.0.1:80' },
      },
    })
    const { code, stdout, stderr } = await line.run('apply', 'tunnels.yaml')
    if (code === 0) return
    await lab.stop()
    throw new Error(`the tunnels do not come up on ${image}:\n${stdout}${stderr}`)
  }

  return {
    lab,
    line,
    async tryIt(attempt, who) {
      const host = attempt.on === 'middle' ? middle : near
      const begin = `config=${folder}/${who}.conf place=${++count}\n`
      const root = who === 'everything' ? 'root=yes\n' : ''
      const stays = attempt.seen === undefined ? '' : 'stays=yes\n'
      const first = await host.exec(begin + root + stays + words + attempt.tries.replaceAll('WORD', word))
      let effect = first.stdout
      if (attempt.seen !== undefined) {
        effect = (await middle.exec(begin + words + attempt.seen)).stdout
        await near.exec(begin + words)
        // What it listened on has to be free for the next.
        const whose = attempt.alone ? 'everything,tun-pub,tun-second,tun-near-middle' : 'everything'
        if (who === 'everything' || attempt.alone) await middle.sh(`while pkill -u ${whose}; do sleep 0.02; done`)
      }
      const { code, stdout, stderr } = first
      const letIn = /^Authenticated to /m.test(stderr)
      return { succeeded: effect.includes(word), letIn, said: `exit status ${code}\n${stdout}${stderr}${effect}` }
    },
    async setUnits(verb) {
      await Promise.all([
        near.sh(`systemctl ${verb} tunnel-pub tunnel-near-middle`),
        far.sh(`systemctl ${verb} tunnel-second`),
      ])
      const stand = `ss -Hltn 'sport = :8080 or sport = :8081 or sport = :8090' | grep -c .`
      await middle.sh(`until [ "$(${stand})" = ${verb === 'stop' ? 0 : 3} ]; do sleep 0.02; done`)
    },
    listeners: async () =>
      (await middle.sh(`ss -Hltnx | awk '$5 !~ "^(@|/run/user/)" { print $1, $5 }' | sort`)).split('\n'),
    async end() {
      await lab.stop()
      line.remove()
    },
  }

  function sshConfig(user: string, key: string): string {
    const named = (['near', 'far'] as const).map(name => `Host ${name}\n  HostName ${lab.hosts[name].address}\n`)
    return `Host door
  HostName ${middle.address}
  User ${user}
${named.join('')}Host jumped
  HostName ${far.address}
  User root
  IdentityFile ${folder}/everything
Host door near far
  IdentityFile ${key}
Host *
  BatchMode yes
  ConnectTimeout 5
  ExitOnForwardFailure yes
  GlobalKnownHostsFile none
  IdentitiesOnly yes
  LogLevel VERBOSE
  StrictHostKeyChecking yes
  UserKnownHostsFile ${folder}/known_hosts
`
  }
}

/** On each host: the secret in a file, on a port, on a unix socket and as a page, and what attempts need there, whoever makes them. */
const beacon = (word: string) => `
  mkdir -p ${folder} /srv/www
  for file in ${folder}/word /etc/word /srv/www/word; do echo ${word} >$file; done
  printf '#!/bin/sh\\necho everything\\n' >${folder}/askpass
  printf '#!/bin/sh\\nexit 0\\n' >/usr/bin/xauth
  chmod +x ${folder}/askpass /usr/bin/xauth
  printf '[Socket]\\nListenStream=8001\\nListenStream=/run/word.sock\\nAccept=yes\\n' >/run/systemd/system/word.socket
  printf '[Service]\\nExecStart=/bin/echo ${word}\\nStandardInput=socket\\n' >/run/systemd/system/word@.service
  systemctl daemon-reload
  systemctl start word.socket
  mkdir -p /dev/net
  [ -e /dev/net/tun ] || mknod /dev/net/tun c 10 200
  chmod 666 /dev/net/tun`

/** An account of the middle that may all that an ordinary one can, and no lock of the kernel's before sshd's. */
const mayEverything = (publicKey: string) => `
  set -e
  mkdir -p /run/sshd
  useradd --create-home --shell /bin/bash everything
  # It takes as long as all the rest.
  skip=/run/systemd/system/user@$(id -u everything).service.d
  mkdir -p $skip && printf '[Unit]\\nConditionPathExists=!/etc\\n' >$skip/skip.conf && systemctl daemon-reload
  echo everything:everything | chpasswd
  mkdir /home/everything/.ssh
  printf '%s\\ncert-authority %s\\n' '${publicKey}' '${publicKey}' >/home/everything/.ssh/authorized_keys
  chown -R everything: /home/everything
  { ! sshd -T | grep -q ^persourcepenalties || echo 'PerSourcePenalties no'
    echo 'Match User everything'
    for name in AllowAgentForwarding AllowStreamLocalForwarding AllowTcpForwarding KbdInteractiveAuthentication PasswordAuthentication \\
      PermitTTY PermitTunnel PermitUserRC X11Forwarding; do echo "    $name yes"; done
    echo '    GatewayPorts clientspecified'
    echo '    AcceptEnv LC_*'
  } >/etc/ssh/sshd_config.d/90-everything.conf
  sshd -t
  for unit in ssh sshd; do systemctl try-restart $unit 2>/dev/null || :; done
  echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start
  ip address add 169.254.169.254/32 dev lo
  ip tuntap add tun7 mode tun && ip link set tun7 up
  ip tuntap add tap8 mode tap && ip link set tap8 up`
