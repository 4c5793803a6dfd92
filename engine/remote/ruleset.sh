# Reading the rules of nftables and iptables, and whether they are all that filters. Changes nothing.
# shellcheck shell=sh disable=SC2154,SC3045

rules_asked=''
look_rules() { # TABLE CONTENT, as file_put takes it: whether nft would load that
  rules_asked="$rules_asked$1$us$2
"
}

print_firewall() {
  # -t leaves out the elements of sets, which can be millions.
  ruleset=$({ has nft && nft -t -j list ruleset; } 2>/dev/null)
  printf '%s\n' "$ruleset" | record nft ''
  case $ruleset in *'"set": {'* | *'"map": {'*) print_sets "$ruleset" ;; esac
  # nft's JSON does not tell every version's devices.
  case $ruleset in *ingress* | *egress*) nft list chains 2>/dev/null | record nftchains '' ;; esac
  # Nor does it tell which tables sleep.
  listing=$({ has nft && nft -t list ruleset; } 2>/dev/null)
  printf '%s\n' "$listing" | awk '
    /^table / { table = $2 " " $3; next }
    /^\tflags .*dormant/ { print table }' | record dormant ''
  [ ! -f /etc/nftables.conf ] || (not_made_at_boot) | record notmade ''
  rules_at_boot | record atboot ''
  # What rules of iptables' ask for nft does not show.
  case $ruleset in *'"xt": '*) print_saved nft ;; esac
  print_saved legacy
  filter_unknown "$ruleset" | record filterunknown ''
  ! has nft || print_rules_refused
}

# nft asks the kernel, which may lack what a rule needs, and loads nothing.
print_rules_refused() {
  printf '%s' "$rules_asked" | while IFS=$us read -r table content; do
    said=$(printf %b "$content" | nft -c -f - 2>&1) || printf '%s\n' "$said" | record rulesrefused "$table"
  done
}

# Chains at hook input that nftables.conf does not make: whoever makes them, it is somebody else at the next boot. nft tries it and loads
# nothing. First a line with its complaint where it would not even load, without what we have it include; or that it takes too long to try.
not_made_at_boot() {
  # A list of a country's addresses may be part of it.
  ulimit -t 2 || :
  conf=$({ echo 'flush ruleset'; sed '/# ssh-tunnels/d' /etc/nftables.conf; } 2>/dev/null)
  chains=$(printf '%s\n' "$listing" | awk '
    /^table / { table = $2 " " $3 }
    /^\tchain / { chain = $2 }
    /hook input/ && table !~ /^(netdev|bridge|arp) / && table !~ / (firewalld|ssh_tunnels_)/ && chain != "INPUT" {
      print "add rule", table, chain, "accept"
    }')
  # Most hosts' conf makes all of them: that is one try.
  ! try_conf "$chains" || return 0
  if ! try_conf ''; then
    if [ "$status" -gt 128 ]; then echo unknown; else printf 'error %s\n' "$(printf '%s\n' "$complaint" | head -n 1)"; fi
    return
  fi
  printf '%s\n' "$chains" | while IFS= read -r line; do
    try_conf "$line" || printf '%s\n' "$line" | sed 's/^add rule/chain/; s/ accept$//'
  done
}

try_conf() { # LINES behind it
  complaint=$(printf '%s\n%s\n' "$conf" "$1" | nft -c -f - 2>&1) && status=0 || status=$?
  return "$status"
}

# Running iptables-legacy where it has no tables would make them.
print_saved() { # BACKEND
  for family in ip ip6; do
    [ "$1" = nft ] || has_legacy "$family" || continue
    save=$(iptables_program "$family" "$1") || continue
    "$save-save" 2>/dev/null | record iptables "$1 $family"
  done
}

# A file of proc has no size.
has_legacy() { # FAMILY
  grep -q . "/proc/net/$1_tables_names" 2>/dev/null
}

# iptables has names for both of its backends, and one of them goes without; before 1.8 there was one.
iptables_program() { # FAMILY BACKEND: prints the name
  if has "$1tables-$2-save"; then
    echo "$1tables-$2"
    return
  fi
  has "$1tables" || return 1
  case $("$1tables" -V 2>/dev/null) in *nf_tables*) found=nft ;; *) found=legacy ;; esac
  [ "$found" = "$2" ] && echo "$1tables"
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
  for family in ip ip6; do
    if has_legacy "$family" && ! iptables_program "$family" legacy >/dev/null; then
      echo "${family}tables-legacy has tables, and no program ${family}tables-legacy to read them with"
    fi
  done
  if has nft; then
    case $1 in
      '{'*) ;;
      *) echo "nft -j list ruleset does not work: $(nft -j list ruleset 2>&1 | head -n 1)" ;;
    esac
  elif { has iptables || has ip6tables; } && { [ -d /sys/module/nf_tables ] || iptables -V 2>/dev/null | grep -q nf_tables; }; then
    echo "iptables is there, and no nft to read the rules with"
  fi
}
