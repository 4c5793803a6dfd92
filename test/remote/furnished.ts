// A private root in which tunnels have left something of each kind, and what a look says of it.
import { parseSnapshot } from '../../engine/look/snapshot'
import { batch, type Ended, write } from './private-root'

export const key = '/etc/ssh-tunnels/a/key'
export const furnish = `${batch(['account_add', 'tun-a', '/usr/sbin/nologin', 'ssh-tunnels me'], ['key_make', key, 'tun-a'])}
  ${write('/etc/ssh-tunnels/a/known_hosts', 'middle ssh-ed25519 AAAA\n')}${write('/etc/ssh-tunnels/b/authorized_keys', 'restrict ssh-ed25519 AAAA tun\n')}
  ${write('/etc/ssh-tunnels/b/firewall.nft', '# none\n')}${write('/etc/ssh/sshd_config.d/10-ssh-tunnels-a.conf', 'Match User tun-a\n  PermitOpen far:22 far:80\n  GatewayPorts no\n')}
  ${write('/etc/systemd/system/tunnel-a.service', '[Service]\nExecStart=/bin/true\n')}
  cp -p ${key} ${key}.old; cp -p ${key} /etc/ssh-tunnels/a/id_ed25519; mkdir -p /etc/ssh-tunnels/a/.ssh-tunnels.XYZ; cp ${key} /etc/ssh-tunnels/a/.ssh-tunnels.XYZ/key
  mkdir -p /run/sshd; nft -f /etc/nftables.conf\n`

/** The snapshot's own records: what it printed between the exit codes of batches. */
export const snapshotOf = ({ stdout }: Ended) =>
  parseSnapshot(
    stdout
      .split('\n')
      .filter(line => line.includes('\x1f'))
      .join('\n'),
  )
