// What a host of the lab can be started from. An image is a Debian suite's tree, or a layer over another image: packages, and then the
// script of its own name beside this file, where there is one.

interface Image {
  /** For people: what is in it that the default has not, or has otherwise. */
  readonly says: string
  /** As Debian's archive names it. */
  readonly suite?: string
  readonly over?: ImageName
  readonly packages?: readonly string[]
  /** It brings what filters for it, if anything: middle gets no nftables.conf of the lab's. */
  readonly ownFirewall?: true
  /** A shell text that ends, well, when the firewall filters: where systemd is told so too early. */
  readonly filtersAfter?: string
  /** It is up when sshd answers, and far has no web service. */
  readonly noSystemd?: true
}

export type ImageName =
  | 'bookworm'
  | 'trixie'
  | 'ssh-socket'
  | 'rhel-like'
  | 'busybox'
  | 'sysvinit'
  | 'openrc'
  | 'no-init'
  | 'ufw'
  | 'firewalld'
  | 'iptables-nft'
  | 'iptables-legacy'
  | 'no-firewall'
  | 'polkit'

export const defaultImage: ImageName = 'bookworm'

/** Those with a firewall let in ssh and ping only, on whichever host (so far's page stays with far); of the others middle has nftables do it. */
export const images: Readonly<Record<ImageName, Image>> = {
  bookworm: { says: 'Debian 12; on middle nftables lets in ssh and ping', suite: 'bookworm' },
  trixie: { says: 'Debian 13', suite: 'trixie' },
  'ssh-socket': { says: 'Debian 13 with ssh.socket in place of ssh.service, as Ubuntu 24.04 has it', over: 'trixie' },
  'rhel-like': { says: 'sshd and its configuration as RHEL 9 has them', over: 'bookworm' },
  busybox: { says: 'busybox in place of the GNU programs, awk and sh', over: 'bookworm' },
  sysvinit: {
    says: 'no systemd: sysvinit, and the firewall of iptables-nft',
    over: 'iptables-nft',
    packages: ['sysvinit-core', 'systemd-', 'systemd-sysv-', 'libpam-systemd-'],
    ownFirewall: true,
    noSystemd: true,
  },
  openrc: {
    says: 'no systemd: OpenRC, and the firewall of iptables-nft',
    over: 'iptables-nft',
    packages: ['sysvinit-core', 'openrc', 'systemd-', 'systemd-sysv-', 'libpam-systemd-'],
    ownFirewall: true,
    noSystemd: true,
  },
  'no-init': {
    says: 'a container: sshd is its first process, and nothing starts or watches others',
    over: 'bookworm',
    ownFirewall: true,
    noSystemd: true,
  },
  ufw: { says: 'ufw is the firewall', over: 'bookworm', packages: ['ufw'], ownFirewall: true },
  firewalld: {
    says: 'firewalld is the firewall',
    over: 'bookworm',
    packages: ['firewalld'],
    ownFirewall: true,
    filtersAfter: 'firewall-cmd --state',
  },
  'iptables-nft': {
    says: 'iptables-persistent is the firewall, by iptables-nft',
    over: 'bookworm',
    packages: ['iptables-persistent'],
    ownFirewall: true,
  },
  'iptables-legacy': {
    says: 'the same by iptables-legacy, which nft does not see',
    over: 'iptables-nft',
    ownFirewall: true,
  },
  polkit: {
    says: 'a user may have his services run on when he is not logged in, as a desktop has it (polkitd)',
    over: 'bookworm',
    packages: ['polkitd'],
  },
  'no-firewall': { says: 'every port is open, on middle too', over: 'bookworm', ownFirewall: true },
}

export const imageNames = Object.keys(images) as readonly ImageName[]

export function isImageName(text: string | undefined): text is ImageName {
  return imageNames.some(name => name === text)
}
