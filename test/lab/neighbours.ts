// The rules that Docker and fail2ban make beside whoever else makes a host's rules, with their own words.

/** Docker 24 with one container that publishes a port, as iptables-save shows it. */
const docker = `*nat
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A POSTROUTING -s 172.17.0.2/32 -d 172.17.0.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE
-A DOCKER -i docker0 -j RETURN
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8888 -j DNAT --to-destination 172.17.0.2:80
COMMIT
*filter
:FORWARD DROP [0:0]
:DOCKER - [0:0]
:DOCKER-ISOLATION-STAGE-1 - [0:0]
:DOCKER-ISOLATION-STAGE-2 - [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -j DOCKER-ISOLATION-STAGE-1
-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -o docker0 -j DOCKER
-A FORWARD -i docker0 ! -o docker0 -j ACCEPT
-A FORWARD -i docker0 -o docker0 -j ACCEPT
-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
-A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2
-A DOCKER-ISOLATION-STAGE-1 -j RETURN
-A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP
-A DOCKER-ISOLATION-STAGE-2 -j RETURN
-A DOCKER-USER -j RETURN
COMMIT
`

/** fail2ban 1.0 with iptables-multiport for sshd and iptables-allports for recidive. */
const bansOfIptables = (banned: string) =>
  [
    '-N f2b-sshd',
    '-A f2b-sshd -j RETURN',
    '-I INPUT -p tcp -m multiport --dports 22 -j f2b-sshd',
    `-I f2b-sshd 1 -s ${banned} -j REJECT --reject-with icmp-port-unreachable`,
    '-N f2b-recidive',
    '-A f2b-recidive -j RETURN',
    '-I INPUT -p tcp -j f2b-recidive',
    `-I f2b-recidive 1 -s ${banned} -j REJECT --reject-with icmp-port-unreachable`,
  ]
    .map(words => `iptables -w ${words}\n`)
    .join('')

/** The same with nftables-multiport and nftables-allports. */
const bansOfNft = (banned: string) => `nft -f - <<'END'
table inet f2b-table {
  set addr-set-sshd { type ipv4_addr; elements = { ${banned} }; }
  set addr-set-recidive { type ipv4_addr; elements = { ${banned} }; }
  chain f2b-chain {
    type filter hook input priority -1;
    tcp dport 22 ip saddr @addr-set-sshd reject
    meta l4proto tcp ip saddr @addr-set-recidive reject
  }
}
END
`

/** A shell text that makes them; `banned` is kept from every port. */
export const makeNeighbours = (by: string, banned: string): string =>
  `iptables-restore --noflush <<'END'\n${docker}END\n${by === 'iptables' || by === 'ufw' ? bansOfIptables(banned) : bansOfNft(banned)}`

/** A shell text that prints them. */
export const printNeighbours =
  "{ iptables-save; nft list table inet f2b-table; } 2>/dev/null | grep -v '^#' | grep -E 'DOCKER|docker|172.17|FORWARD|f2b|addr-set|elements'"
