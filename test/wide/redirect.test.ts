// Ports below 1024 of remote forwards, and limits, beside every manager of a firewall.
import { tellPortStory } from '../lab/port-story'

describe.each(['trixie', 'ufw', 'firewalld', 'iptables-nft', 'iptables-legacy', 'no-firewall'] as const)(
  '%s',
  tellPortStory,
)
