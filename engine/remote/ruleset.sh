# Reading nftables' ruleset, and whether it is all that filters. Changes nothing.
# shellcheck shell=sh disable=SC2154,SC3045

print_firewall() {
  # -t leaves out the elements of sets, which can be millions.
  ruleset=$({ has nft && nft -t -j list ruleset; } 2>/dev/null)
  printf '%s\n' "$ruleset" | record nft ''
  case $ruleset in *'"set": {'* | *'"map": {'*) print_sets "$ruleset" ;; esac
  # nft's JSON does not tell every version's devices.
  case $ruleset in *ingress* | *egress*) nft list chains 2>/dev/null | record nftchains '' ;; esac
  filter_unknown "$ruleset" | record filterunknown ''
}

# Each set and map for itself, as far as they are few and small: nft ends when it would need more memory (kilobytes) or time (seconds).
# dash and busybox have both limits.
print_sets() { # RULESET
  printf '%s\n' "$1" | tr '{' '\n' | awk -F '"' '
    /^"(set|map)": $/ { kind = $2; next }
    kind && $2 == "family" && $6 == "name" && $10 == "table" { print kind, $4, $12, $8 }
    { kind = "" }' | head -n 50 | while read -r kind family table name; do
    {
      ulimit -v 80000 || :
      ulimit -t 1 || :
      nft -j list "$kind" "$family" "$table" "$name"
    } 2>/dev/null | head -c 100000 | record nftset ''
  done
}

# Rules in the kernel that nft does not show: then nobody can tell which ports are open.
filter_unknown() { # RULESET
  # A table nat cannot drop. Running iptables-legacy would make its tables, so it is not asked.
  legacy=$(cat /proc/net/ip_tables_names /proc/net/ip6_tables_names 2>/dev/null | sort -u | grep -vx nat | tr '\n' ' ')
  [ -z "$legacy" ] || echo "iptables-legacy has tables that nft does not show: ${legacy% }"
  if has nft; then
    case $1 in
      '{'*) ;;
      *) echo "nft -j list ruleset does not work: $(nft -j list ruleset 2>&1 | head -n 1)" ;;
    esac
  elif { has iptables || has ip6tables; } && { [ -d /sys/module/nf_tables ] || iptables -V 2>/dev/null | grep -q nf_tables; }; then
    echo "iptables is there, and no nft to read the rules with"
  fi
}
