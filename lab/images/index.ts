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
}

export type ImageName = 'bookworm' | 'ufw' | 'firewalld' | 'iptables-nft' | 'iptables-legacy' | 'no-firewall'

export const defaultImage: ImageName = 'bookworm'

/** Those with a firewall let in ssh and ping only, on whichever host; of the others middle has nftables do it. */
export const images: Readonly<Record<ImageName, Image>> = {
  bookworm: { says: 'Debian 12; on middle nftables lets in ssh and ping', suite: 'bookworm' },
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
  'no-firewall': { says: 'every port is open, on middle too', over: 'bookworm', ownFirewall: true },
}

export const imageNames = Object.keys(images) as readonly ImageName[]

export function isImageName(text: string | undefined): text is ImageName {
  return imageNames.some(name => name === text)
}
