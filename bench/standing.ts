// Four tunnels between near and middle, all deployed by ours. autossh then takes two over: same account, key and sshd, another who brings ssh back.
import type { Lab } from '../lab'
import { makeCommandLine } from '../test/lab/command-line'
import { far } from './contender'
import { lendPackage } from './lend-package'

export const contenders = ['ours', 'autossh'] as const
export type Contender = (typeof contenders)[number]

export const forwards = ['remote', 'local'] as const
export type ForwardKind = (typeof forwards)[number]

export interface Standing {
  readonly contender: Contender
  readonly forward: ForwardKind
  readonly account: string
  readonly unit: string
  /** Where visitors come to. */
  readonly url: string
}

export async function standUp(lab: Lab): Promise<readonly Standing[]> {
  const { near, middle } = lab.hosts
  const tunnels = contenders.flatMap((contender, at) =>
    forwards.map(forward => {
      const listen = `${(forward === 'remote' ? middle : near).address}:${8081 + at}`
      return { name: `${contender}-${forward}`, contender, forward, listen }
    }),
  )
  const command = makeCommandLine(lab)
  try {
    const [client, server] = ['near', 'middle']
    command.write('tunnels.yaml', {
      owner: 'bench',
      hosts: { near: command.hostOf('near'), middle: command.hostOf('middle') },
      tunnels: Object.fromEntries(
        tunnels.map(({ name, forward, listen }) => [name, { client, server, forward, listen, far }]),
      ),
    })
    const { code, stdout, stderr } = await command.run('apply', 'tunnels.yaml')
    if (code !== 0) throw new Error(`ssh-tunnels apply: exit status ${code}\n${stdout}${stderr}`)
  } finally {
    command.remove()
  }
  await lendPackage(lab, 'autossh', ['near'])
  return Promise.all(
    tunnels.map(async ({ name, contender, forward, listen }) => {
      const standing = { contender, forward, account: `tun-${name}`, url: `http://${listen}/` }
      if (contender === 'ours') return { ...standing, unit: `tunnel-${name}` }
      const unit = `autossh-${name}`
      await near.writeFile(`/etc/systemd/system/${unit}.service`, autosshUnit(name, forward, listen, middle.address))
      await near.sh(`systemctl disable --now tunnel-${name} && systemctl start ${unit}`)
      return { ...standing, unit }
    }),
  )
}

/** The unit that autossh's users write; GATETIME=0 as they do, for else a first ssh that does not hold is the last one (autossh(1)). */
const autosshUnit = (name: string, forward: ForwardKind, listen: string, server: string) => `[Unit]
After=network-online.target

[Service]
User=tun-${name}
Environment=AUTOSSH_GATETIME=0
ExecStart=/usr/bin/autossh -M 0 -N -T -F none -o "ServerAliveInterval 30" -o "ServerAliveCountMax 3" -o "ExitOnForwardFailure yes" \\
  -o "UserKnownHostsFile /etc/ssh-tunnels/${name}/known_hosts" -i /etc/ssh-tunnels/${name}/key \\
  ${forward === 'remote' ? '-R' : '-L'} ${listen}:${far} tun-${name}@${server}
Restart=always
`
