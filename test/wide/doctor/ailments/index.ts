// What can be wrong with a tunnel, by the image of its middle: sshd and systemd are tried with each version of them, firewalls with each program.
import type { ImageName } from '../../../../lab'
import type { Ailment } from './ailment'
import { far } from './far'
import { anyFirewall, ofFirewalld, ofIptables, ofNftables, ofUfw } from './firewall'
import { keepalive } from './keepalive'
import { session } from './session'
import { binding, forwarding } from './sshd'
import { wayIn } from './way-in'

export type { Ailment } from './ailment'

export function ailmentsOf(image: ImageName): readonly Ailment[] {
  if (image === 'ufw') return [...anyFirewall, ...ofUfw]
  if (image === 'firewalld') return [...anyFirewall, ...ofFirewalld]
  if (image.startsWith('iptables')) return [...anyFirewall, ...ofIptables]
  return [...wayIn, ...anyFirewall, ...ofNftables, ...forwarding, ...binding, ...keepalive, ...session, ...far]
}
