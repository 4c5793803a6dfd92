// A lab whose near has what people make by hand: units, autossh with a file of variables, a process in the background; and a socket.
import { lendPackage } from '../../bench/lend-package'
import { type Lab, startLab } from '../../lab'
import { waitFor } from '../../lab/command'
import { type CommandLine, makeCommandLine } from './command-line'

export const middle = '203.0.113.20'

export const unit = `[Unit]
Description=the page of far, by hand
After=network-online.target
[Service]
ExecStart=/usr/bin/ssh -N -A -o ServerAliveInterval=30 -R ${middle}:8080:far:80 root@${middle}
Restart=always
[Install]
WantedBy=multi-user.target
`

/** As autossh's users write it: what changes stands in a file beside it. */
export const autosshUnit = `[Service]
Environment=AUTOSSH_GATETIME=0
EnvironmentFile=-/etc/default/absent
EnvironmentFile=/etc/default/auto
ExecStart=/usr/bin/autossh -M 0 -N -o "ExitOnForwardFailure yes" -o "ServerAliveInterval 30" -R $FORWARD \${SERVER}
Restart=always
[Install]
WantedBy=multi-user.target
`

export const socket = '/run/hand/page.sock'
const socketUnit = unit
  .replace('-A', '-o StreamLocalBindMask=0111 -o StreamLocalBindUnlink=yes')
  .replace(`-R ${middle}:8080:`, `-L ${socket}:`)

export async function startHandMade(): Promise<{ lab: Lab; line: CommandLine }> {
  const lab = await startLab()
  const line = makeCommandLine(lab)
  await lendPackage(lab, 'autossh', ['near'])
  const { near, middle: relay } = lab.hosts
  await near.sh('mkdir -p -m 700 /root/.ssh; ssh-keygen -q -t ed25519 -N "" -f /root/.ssh/id_ed25519')
  const key = await near.sh('cat /root/.ssh/id_ed25519.pub')
  await relay.sh(`echo '${key}' >>/root/.ssh/authorized_keys
    echo 'GatewayPorts clientspecified' >/etc/ssh/sshd_config.d/50-by-hand.conf; systemctl reload ssh
    nft insert rule inet filter input tcp dport 8080-8083 accept`)
  await near.writeFile('/root/.ssh/known_hosts', `${middle},middle ${relay.hostKey}\n`)
  await near.writeFile('/etc/systemd/system/by-hand.service', unit)
  await near.writeFile('/etc/systemd/system/auto.service', autosshUnit)
  await near.writeFile(
    '/etc/default/auto',
    `# of the unit\nFORWARD=${middle}:8082:far:80\nSERVER="root@${middle}"\nAUTOSSH_POLL=30\n`,
  )
  await near.writeFile('/etc/systemd/system/socket.service', socketUnit)
  await near.sh('mkdir -m 777 /run/hand; systemctl daemon-reload; systemctl enable --quiet --now by-hand auto socket')
  await near.sh(
    `AUTOSSH_GATETIME=0 autossh -M 20000 -f -N -R ${middle}:8083:far:80 root@${middle} </dev/null >/dev/null 2>&1`,
  )
  await near.sh('ssh -f -N -L 5555:far:80 -D 1080 root@middle </dev/null >/dev/null 2>&1')
  line.write('empty.yaml', { hosts: { near: line.hostOf('near'), middle: line.hostOf('middle') } })
  for (const port of [8080, 8082, 8083])
    await waitFor(`the page through ${port} of middle`, async () => (await pageThrough(lab, port)) || undefined, 20_000)
  return { lab, line }
}

/** Far's page, empty for none. */
export const pageThrough = async (lab: Lab, port: number): Promise<string> =>
  (await lab.run('visitor', ['curl', '-s', '-m', '2', `http://${middle}:${port}/`])).stdout

/** One tunnel, the page of far. */
export const specOf = (line: CommandLine, listen: string) => ({
  owner: 'shop',
  hosts: { near: line.hostOf('near'), middle: line.hostOf('middle') },
  tunnels: { page: { client: 'near', server: 'middle', forward: 'remote', listen, far: 'far:80' } },
})
