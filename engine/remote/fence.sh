# A table of our own around a port, in a file that a unit of ours loads at boot, and nftables.conf where there is one.
# shellcheck shell=sh disable=SC2154,SC2034

fence_unit=ssh-tunnels-fence.service

fence_close() { # TABLE
  # With an `add` before it, what is not there is no failure.
  printf 'add table inet %s\ndelete table inet %s\n' "$1" "$1" >"$work/rules-$step"
  loading="${loading-} $step"
}

fence_open() { # CONTENT
  firewall_open "$1"
}

fence_keep() { # PATH CONTENT
  keep "$1"
  file_put "$1" 644 "$2"
  if [ -e "$nftables_conf" ]; then
    keeps_nft=yes
    include_add fence
  fi
  wants=/etc/systemd/system/multi-user.target.wants/$fence_unit
  [ ! -e "$wants" ] || return 0
  keep "$wants" all
  keep "/etc/systemd/system/$fence_unit" all
  file_put "/etc/systemd/system/$fence_unit" 644 "# Made by cdktf-ssh-tunnels; goes with the last tunnel that needs it.\\n\
[Unit]\\n\
Description=Keep others from the ports of tunnels\\n\
After=nftables.service netfilter-persistent.service iptables.service ufw.service firewalld.service\\n\
Before=ssh.service ssh.socket sshd.service sshd.socket\\n\
ConditionPathExistsGlob=/etc/ssh-tunnels/*/fence.nft\\n\\n\
[Service]\\n\
Type=oneshot\\n\
RemainAfterExit=yes\\n\
ExecStart=/bin/sh -c 'for file in /etc/ssh-tunnels/*/fence.nft; do $(command -v nft) -f \"\$\$file\" || exit; done'\\n\\n\
[Install]\\n\
WantedBy=multi-user.target\\n"
  fence_at_boot=yes
}

fence_forget() { # PATH
  keep "$1"
  files_remove "$1" ''
  set -- /etc/ssh-tunnels/*/fence.nft
  [ ! -e "$1" ] || return 0
  keeps_nft=yes
  include_remove fence
  keep "/etc/systemd/system/multi-user.target.wants/$fence_unit" all
  keep "/etc/systemd/system/$fence_unit" all
  rm -f "/etc/systemd/system/multi-user.target.wants/$fence_unit" "/etc/systemd/system/$fence_unit"
}

# What `systemctl enable` does; it is for the next boot.
fence_commit() {
  [ -n "${fence_at_boot-}" ] || return 0
  folder_make /etc/systemd/system/multi-user.target.wants
  ln -sf "/etc/systemd/system/$fence_unit" /etc/systemd/system/multi-user.target.wants/
  fence_at_boot=''
}
