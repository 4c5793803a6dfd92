#!/bin/sh
# The rules that netfilter-persistent loads at boot.
rules() { # ICMP
  cat <<RULES
*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p $1 -j ACCEPT
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
COMMIT
RULES
}
rules icmp >/etc/iptables/rules.v4
rules ipv6-icmp >/etc/iptables/rules.v6
chmod 0640 /etc/iptables/rules.v4 /etc/iptables/rules.v6
update-alternatives --set iptables /usr/sbin/iptables-nft
update-alternatives --set ip6tables /usr/sbin/ip6tables-nft
systemctl enable netfilter-persistent
