# firewalld: a policy of ours is read at its next reload; until then the same rules stand in every zone that is in use. A reload would
# take away what others have made for the time being.
# shellcheck shell=sh disable=SC2154,SC2034

firewalld_close() { # POLICY PATH
  # What the policy says now is what is loaded, in the words of a rich rule.
  [ ! -e "$2" ] || awk -v policy="$1" '
    function value(name) { return match($0, name "=\"[^\"]*\"") ? substr($0, RSTART, RLENGTH) : "" }
    /<rule / { rule = "rule " value("priority"); family = value("family"); if (family != "") rule = rule " " family; source = to = port = "" }
    /<source / { source = " source " value("address") }
    /<destination / { to = " destination " value("address") }
    /<port / { port = " port " value("port") " " value("protocol") }
    /<\/rule>/ { print "--remove-rich-rule=" rule source to port " accept\037" policy }
  ' "$2" >>"$work/firewalld"
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
    while IFS= read -r zone <&4; do firewalld_change "--zone=$zone" ''; done 4<"$work/zones"
    # Those that it has read already.
    firewall-cmd --get-policies | tr ' ' '\n' | grep '^ssh-tun-' >"$work/policies" || :
    while IFS= read -r policy <&4; do firewalld_change "--policy=$policy" "$policy"; done 4<"$work/policies"
  fi
  rm -f "$work/firewalld" "$work/zones" "$work/policies"
}

# All that goes in one run, and all that comes in another: each takes a second. What is there or is not is no failure.
firewalld_change() { # PLACE POLICY: empty for a zone
  place=$1 policy=$2
  for deed in remove add; do
    set --
    while IFS=$us read -r rule of <&5; do
      case $rule in --$deed-*) ;; *) continue ;; esac
      case $policy in '' | "$of") set -- "$@" "$rule" ;; esac
    done 5<"$work/firewalld"
    [ $# -eq 0 ] || firewall-cmd "$place" "$@" >"$work/complaint" 2>&1 || end_refused "firewall-cmd $place:
$(cat "$work/complaint")"
  done
}

firewalld_loads() {
  complaint=$(firewall-cmd --check-config 2>&1)
}
