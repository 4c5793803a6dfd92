# What loads a firewall's rules when this host boots. Reading only.
# shellcheck shell=sh disable=SC2086,SC2154

# sd_booted(3): systemctl may be there where something else runs the host.
has_systemd() {
  has systemctl && [ -d /run/systemd/system ]
}

# What keeps services running here, in the words of service.schema.json. Where nothing of those is what began first, we do it by a pid file.
supervisor_here() {
  if has_systemd; then
    echo systemd
  elif [ -e /run/openrc/softlevel ] && has rc-service; then
    echo openrc
  elif [ "$(cat /proc/1/comm)" = init ] && [ -d /etc/init.d ] && [ -d /etc/rc2.d ]; then
    echo sysvinit
  else
    echo pidfile
  fi
}

# Who loads rules at boot, a line each: NAME, and those files that are known to keep rules. Whoever names none loads others of iptables'.
rules_at_boot() {
  texts=$(boot_texts)
  [ -n "$texts" ] || return 0
  # Its plugins run with it alone; run-parts(8) takes what is executable.
  case $texts in
    *netfilter-persistent*)
      for file in /usr/share/netfilter-persistent/plugins.d/*; do
        if [ -f "$file" ] && [ -x "$file" ]; then texts="$texts $file"; fi
      done
      ;;
  esac
  awk -v known=" $(printf '%s ' /etc/nftables.conf $iptables_files)" '
    function tell() {
      if (!restores && !(loads && files != "")) return
      # A drop-in is part of its unit.
      if (item ~ /\.d\/[^\/]*\.conf$/) sub(/\.d\/[^\/]*$/, "", item)
      sub(/^.*\//, "", item)
      found[item] = found[item] files
    }
    FNR == 1 { tell(); item = FILENAME; files = ""; loads = restores = 0 }
    /^[[:space:]]*[#;]/ { next }
    /ip6?tables(-legacy|-nft)?-restore|ip6?tables\.init|IPTABLES_SAVE/ { loads = restores = 1 }
    /[^[:alnum:]]nft[[:space:]].*-f/ { loads = 1 }
    # The script of Red Hat puts the name together.
    /ip6?tables\.init/ { files = files " /etc/sysconfig/" (item ~ /ip6tables/ ? "ip6tables" : "iptables") }
    {
      gsub(/[^[:alnum:]._\/-]/, " ")
      for (; NF > 0; NF--) if (index(known, " " $NF " ") && !index(files " ", " " $NF " ")) files = files " " $NF
    }
    END { tell(); for (item in found) print item found[item] }' $texts 2>/dev/null
}

# Paths of what says what is done at boot, of all that has to do with rules.
boot_texts() {
  set --
  if has_systemd; then
    for link in /etc/systemd/system/*.wants/*.service /etc/systemd/system/*.requires/*.service /usr/lib/systemd/system/*.wants/*.service; do
      ! find_unit "${link##*/}" || set -- "$@" "$unit_file"
      for file in "/etc/systemd/system/${link##*/}.d"/*.conf; do
        [ ! -f "$file" ] || set -- "$@" "$file"
      done
    done
  fi
  for file in /etc/rcS.d/S* /etc/rc[2-5].d/S* /etc/runlevels/*/*; do
    name=${file##*/}
    # A unit of the same name goes before (systemd-sysv-generator(8)).
    if [ ! -f "$file" ] || { has_systemd && find_unit "${name#S[0-9][0-9]}.service"; }; then continue; fi
    set -- "$@" "$file"
    [ ! -f "/etc/conf.d/$name" ] || set -- "$@" "/etc/conf.d/$name"
  done
  for file in /etc/rc.local /etc/network/interfaces /etc/network/interfaces.d/* /etc/network/if-*up.d/* /etc/NetworkManager/dispatcher.d/*; do
    [ ! -f "$file" ] || set -- "$@" "$file"
  done
  [ $# -eq 0 ] || grep -lE 'ip6?tables|netfilter-persistent|IPTABLES_SAVE|[^[:alnum:]]nft[[:space:]]' -- "$@" 2>/dev/null | sort -u
}

# Sets $unit_file; one that is masked leads to /dev/null.
find_unit() { # UNIT
  for folder in /etc/systemd/system /run/systemd/system /usr/local/lib/systemd/system /usr/lib/systemd/system /lib/systemd/system; do
    unit_file=$folder/$1
    if [ -e "$unit_file" ]; then return 0; fi
  done
  return 1
}
