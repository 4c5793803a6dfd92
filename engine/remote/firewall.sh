# nftables: rules of ours go and come in one transaction; a file brings them back after a reload or a reboot.
# shellcheck shell=sh disable=SC2086,SC2154,SC2034

# A line of nftables.conf that brings back what we keep in files of this name.
include_line() { # NAME
  printf 'include "/etc/ssh-tunnels/*/%s.nft" # ssh-tunnels' "$1"
}

# The same as a pattern: a line that somebody made a comment of is not it.
include_pattern() { # NAME
  printf '^include "/etc/ssh-tunnels/\\*/%s\\.nft" # ssh-tunnels' "$1"
}

firewall_close() { # TAG
  # Handles are looked up now: a reload since the look has given them away anew.
  # Terse: sets may have very many elements. Once for all tags: nothing is loaded before the commit.
  [ -e "$work/rules" ] || nft -t -a list ruleset >"$work/rules"
  awk -v tag="comment \"$1\"" '
    /^table / { table = $2 " " $3; fence = $3 ~ /^ssh_tunnels_/ }
    /^\tchain / { chain = $2 }
    # A chain or a set may have such a comment too; only a rule ends so.
    { end = tag " # handle " $NF }
    !fence && length($0) > length(end) && substr($0, length($0) - length(end) + 1) == end {
      print "delete rule " table " " chain " handle " $NF
    }
  ' "$work/rules" >"$work/rules-$step"
  loading="${loading-} $step"
}

firewall_open() { # CONTENT
  printf %b "$1" >"$work/rules-$step"
  loading="${loading-} $step"
}

firewall_keep() { # PATH CONTENT
  keep "$1"
  keeps_nft=yes
  file_put "$1" 644 "$2"
  include_add firewall
}

include_add() { # NAME
  case " ${included-} " in *" $1 "*) return 0 ;; esac
  included="${included-} $1"
  ! grep -q "$(include_pattern "$1")" "$nftables_conf" || return 0
  keep "$nftables_conf" all
  new=$nftables_conf.ssh-tunnels
  cp -p "$nftables_conf" "$new"
  if [ -n "$(tail -c 1 "$nftables_conf")" ]; then
    printf '\n%s, after a last line without an end\n' "$(include_line "$1")" >>"$new"
  else
    printf '%s\n' "$(include_line "$1")" >>"$new"
  fi
  mv -f "$new" "$nftables_conf"
  new=''
}

firewall_forget() { # PATH
  # The include goes first: killed in between, the file is still found, and this runs again.
  if is_last_of_ours "$1"; then include_remove firewall; fi
  keep "$1"
  keeps_nft=yes
  files_remove "$1" ''
}

is_last_of_ours() { # PATH
  for file in /etc/ssh-tunnels/*/firewall.nft; do
    if [ "$file" != "$1" ] && [ -e "$file" ]; then return 1; fi
  done
}

include_remove() { # NAME
  [ -e "$nftables_conf" ] && grep -q "$(include_pattern "$1")" "$nftables_conf" || return 0
  case $1 in firewall) other=fence ;; *) other=firewall ;; esac
  keep "$nftables_conf" all
  new=$nftables_conf.ssh-tunnels
  cp -p "$nftables_conf" "$new"
  if ! grep -q "$(include_pattern "$1"), after" "$nftables_conf"; then
    without_include "$1" >"$new"
  elif grep -q "$(include_pattern "$other")" "$nftables_conf"; then
    # The other line takes its place, behind the line end that the file lacked.
    awk -v ours="$(include_line "$1")" -v other="$(include_line "$other")" '
      index($0, ours) == 1 { print other substr($0, length(ours) + 1); next }
      index($0, other) != 1 { print }
    ' "$nftables_conf" >"$new"
  elif tail -n 1 "$nftables_conf" | grep -q "$(include_pattern "$1")"; then
    # Our line came with the line end that the file lacked: both go.
    printf '%s' "$(without_include "$1")" >"$new"
  else
    without_include "$1" >"$new"
  fi
  mv -f "$new" "$nftables_conf"
  new=''
}

without_include() { # NAME
  grep -v "$(include_pattern "$1")" "$nftables_conf" || :
}

firewall_commit() {
  guard_sync
  # What nftables.conf would load must load, or the next boot has no firewall at all.
  [ -z "${keeps_nft-}" ] || [ ! -e "$nftables_conf" ] || check_kept nftables_conf_loads
  if [ -n "${loading-}" ]; then
    gather_rules $loading
    if ! complaint=$(nft -f "$work/rules.nft" 2>&1); then
      whole=$complaint passed=''
      find_refused try_rules $loading
      end_refused "nft does not load the rules:
$whole"
    fi
  fi
  iptables_commit
  ufw_commit
  firewalld_commit
  fence_commit
  keep_all_new
  rm -f "$work"/rules*
  loading='' keeps_nft=''
}

nftables_conf_loads() {
  complaint=$(nft -c -f "$nftables_conf" 2>&1) || {
    complaint="$nftables_conf would not load any more:
$complaint"
    return 1
  }
}

gather_rules() { # STEPS: in one file, for one transaction
  set -- "$@" end
  while [ "$1" != end ]; do
    set -- "$@" "$work/rules-$1"
    shift
  done
  shift
  cat "$@" >"$work/rules.nft"
}

try_rules() { # STEPS
  gather_rules $passed "$@"
  complaint=$(nft -c -f "$work/rules.nft" 2>&1) || return 1
  passed="$passed $*"
}
