// The firewall of middle closes the port: the tutorial's first problem, by each program that makes rules.
import { managers } from '../../../lab/firewall-managers'
import { type Ailment, closeBetween, on, openBetween } from './ailment'

const closed = { problem: 'firewall', link: 'firewall lets it', cure: 'fix' } as const
const reject = `nft -f - <<'END'
table inet strict { chain input { type filter hook input priority 10; policy accept; tcp dport 8080 reject with tcp reset; }; }
END`
/** Those of every image. */
export const anyFirewall: readonly Ailment[] = [
  {
    ...closed,
    what: 'a table of somebody else, which rejects the port',
    make: on('middle', reject),
    says: [/inet strict input/, /tcp dport 8080 reject/],
    cure: /keep the rules of that host in \/etc\/nftables\.conf/,
    undo: on('middle', 'nft delete table inet strict'),
  },
  {
    ...closed,
    what: 'a rule before routing, where nobody can open it',
    make: on(
      'middle',
      "nft 'table ip early { chain pre { type filter hook prerouting priority -250; tcp dport 8080 drop; }; }'",
    ),
    says: [/ip early pre/, /hook prerouting/],
    cure: /take that rule away on middle/,
    undo: on('middle', 'nft delete table ip early'),
  },
  {
    ...closed,
    what: 'a router that drops what goes to the port',
    link: 'port reached',
    make: closeBetween('tcp dport 8080 drop'),
    says: [/leads to far on middle itself, but not when it is asked from here/],
    cure: /see the firewalls between/,
    undo: openBetween,
  },
]

const ownRule = (takeAway: string) => takeAway.replaceAll('8081', '8080')
export const ofNftables: readonly Ailment[] = [
  {
    ...closed,
    what: 'our rule is away, and the policy drops',
    make: on('middle', ownRule(managers.bookworm.takeAway)),
    says: [/\(nftables\) closes port 8080/, /policy drop of inet filter input/],
  },
  {
    ...closed,
    what: 'a rule that drops the port, before ours',
    make: on('middle', 'nft insert rule inet filter input tcp dport 8080 drop'),
    says: [/inet filter input handle \d+: tcp dport 8080 drop/],
    undo: on(
      'middle',
      "nft -a list chain inet filter input | sed -n '/dport 8080 drop/s/.*handle //p' | xargs -r -n1 nft delete rule inet filter input handle",
    ),
  },
  {
    ...closed,
    what: 'a rule that rejects the port, before ours',
    make: on('middle', 'nft insert rule inet filter input tcp dport 8080 reject with tcp reset'),
    says: [/inet filter input handle \d+: tcp dport 8080 reject/],
    undo: on(
      'middle',
      "nft -a list chain inet filter input | sed -n '/dport 8080 reject/s/.*handle //p' | xargs -r -n1 nft delete rule inet filter input handle",
    ),
  },
]
export const ofIptables: readonly Ailment[] = [
  {
    ...closed,
    what: 'our rule is away, and the policy drops',
    make: on('middle', ownRule(managers['iptables-nft'].takeAway)),
    says: [/\(iptables\) closes port 8080/],
  },
  {
    ...closed,
    what: 'a rule that drops the port, before ours',
    make: on('middle', 'iptables -I INPUT -p tcp --dport 8080 -j DROP'),
    says: [/iptables -A INPUT .*--dport 8080 -j DROP/],
    undo: on('middle', 'iptables -D INPUT -p tcp --dport 8080 -j DROP'),
  },
  {
    ...closed,
    what: 'a rule that rejects the port, before ours',
    make: on('middle', 'iptables -I INPUT -p tcp --dport 8080 -j REJECT --reject-with tcp-reset'),
    says: [/iptables -A INPUT .*--dport 8080 .*REJECT/],
    undo: on('middle', 'iptables -D INPUT -p tcp --dport 8080 -j REJECT --reject-with tcp-reset'),
  },
]
export const ofUfw: readonly Ailment[] = [
  {
    ...closed,
    what: 'our rule is away, and ufw drops the rest',
    make: on('middle', ownRule(managers.ufw.takeAway)),
    says: [/\(ufw\) closes port 8080/],
  },
  {
    ...closed,
    what: 'ufw insert 1 deny, before ours',
    make: on('middle', 'ufw insert 1 deny 8080/tcp'),
    says: [/\(ufw\) closes port 8080/, /8080.*DROP|8080.*drop/],
    undo: on('middle', 'ufw delete deny 8080/tcp'),
  },
  {
    ...closed,
    what: 'ufw insert 1 reject, before ours',
    make: on('middle', 'ufw insert 1 reject 8080/tcp'),
    says: [/\(ufw\) closes port 8080/, /8080.*REJECT|8080.*reject/],
    undo: on('middle', 'ufw delete reject 8080/tcp'),
  },
]
export const ofFirewalld: readonly Ailment[] = [
  {
    ...closed,
    what: 'our policy is away, and firewalld rejects the rest',
    make: on('middle', managers.firewalld.takeAway),
    says: [/\(firewalld\) closes port 8080/],
  },
  {
    ...closed,
    what: "a rich rule of firewalld's that drops the port",
    make: on('middle', "firewall-cmd -q --add-rich-rule='rule priority=-300 port port=8080 protocol=tcp drop'"),
    says: [/8080.*drop/],
    cure: /./,
    undo: on('middle', "firewall-cmd -q --remove-rich-rule='rule priority=-300 port port=8080 protocol=tcp drop'"),
  },
]
