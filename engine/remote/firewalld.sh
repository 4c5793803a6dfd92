# firewalld: a policy of ours is read at its next reload; until then the same rules stand in every zone that is in use.
# A reload would take away what others have made for the time being.
# shellcheck shell=sh disable=SC2154,SC2034

firewalld_close() { # POLICY PATH
  # What the policy says now is what is loaded.
  [ ! -e "$2" ] || firewalld_rules "$2" | sed "s/^/--remove-rich-rule=/; s/\$/$us$1/" >>"$work/firewalld"
}

# In the words of rich rules.
firewalld_rules() { # POLICIES
  awk '
    function value(name) { return match($0, name "=\"[^\"]*\"") ? substr($0, RSTART, RLENGTH) : "" }
    /<rule / { rule = "rule " value("priority"); family = value("family"); if (family != "") rule = rule " " family; source = to = port = "" }
    /<source / { source = " source " value("address") }
    /<destination / { to = " destination " value("address") }
    /<port / { port = " port " value("port") " " value("protocol") }
    /<\/rule>/ { print rule source to port " accept" }
  ' "$@"
}

firewalld_open() { # CONTENT: a rich rule a line
  printf %b "$1" | sed 's/^/--add-rich-rule=/' >>"$work/firewalld"
}

firewalld_keep() { # PATH CONTENT
  keep "$1"
  file_put "$1" 644 "$2"
  keeps_firewalld=yes
}

firewalld_forget() { # PATH
  keep "$1"
  rm -f -- "$1"
}

firewalld_commit() {
  [ -z "${keeps_firewalld-}" ] || check_kept firewalld_loads
  keeps_firewalld=''
  [ -s "$work/firewalld" ] || return 0
  if firewall-cmd --state >/dev/null 2>&1; then
    {
      firewall-cmd --get-active-zones | sed -n 's/^\([^ ]*\).*/\1/p'
      firewall-cmd --get-default-zone
    } | sort -u >"$work/zones"
    # In a zone the same rule of two policies is one: what another still has stays.
    firewalld_rules /etc/firewalld/policies/ssh-tun-*.xml 2>/dev/null >"$work/stays" || :
    while IFS= read -r zone <&4; do firewalld_change "--zone=$zone" ''; done 4<"$work/zones"
    # Those that it has read already.
    firewall-cmd --get-policies | tr ' ' '\n' | grep '^ssh-tun-' >"$work/policies" || :
    while IFS= read -r policy <&4; do
      firewalld_change "--policy=$policy" "$policy"
      [ -e "/etc/firewalld/policies/$policy.xml" ] || left_empty=yes
    done 4<"$work/policies"
    # An empty policy stays until a reload.
    if [ -n "${left_empty-}" ] && firewalld_is_as_kept; then
      # A busy one may not answer in time.
      firewall-cmd --reload >/dev/null 2>&1 || firewall-cmd --reload >/dev/null 2>&1 || :
    fi
    left_empty=''
  fi
  rm -f "$work/firewalld" "$work/zones" "$work/policies" "$work/stays"
}

# All that goes in one run, and all that comes in another: each takes a second. What is there or is not is no failure.
firewalld_change() { # PLACE POLICY: empty for a zone
  place=$1 policy=$2
  for deed in remove add; do
    set --
    while IFS=$us read -r rule of <&5; do
      case $rule in --$deed-*) ;; *) continue ;; esac
      case $policy:$deed in
        :remove) grep -qxF -e "${rule#*=}" "$work/stays" || set -- "$@" "$rule" ;;
        :add | "$of":*) set -- "$@" "$rule" ;;
      esac
    done 5<"$work/firewalld"
    [ $# -eq 0 ] || firewall-cmd "$place" "$@" >"$work/complaint" 2>&1 || end_refused "firewall-cmd $place:
$(cat "$work/complaint")"
  done
}

firewalld_loads() {
  complaint=$(firewall-cmd --check-config 2>&1)
}

# Whether a reload would take away nothing but what is ours.
firewalld_is_as_kept() {
  firewalld_rules /etc/firewalld/policies/ssh-tun-*.xml 2>/dev/null >"$work/ours"
  [ "$(firewalld_says)" = "$(firewalld_says --permanent)" ]
}

firewalld_says() { # [--permanent]
  {
    # Which interface is in which zone is not lost.
    firewall-cmd "$@" --list-all-zones | sed 's/ (.*//; /^  interfaces:/d'
    # Rich rules stand behind a tab. What is kept may still be told with policies of ours that have just gone.
    firewall-cmd "$@" --list-all-policies | awk '/^[^[:space:]]/ { ours = /^ssh-tun-/ } !ours' | sed 's/ (.*//'
    firewall-cmd "$@" --direct --get-all-rules
    for set in $(firewall-cmd "$@" --get-ipsets); do firewall-cmd "$@" --ipset="$set" --get-entries; done
  } 2>/dev/null | sed 's/^[[:space:]]*//; /^$/d' | grep -vxF -f "$work/ours" || :
}
