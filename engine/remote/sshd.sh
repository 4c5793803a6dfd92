# sshd's drop-ins: checked by sshd -t before sshd hears of them, and put back when it complains.
# shellcheck shell=sh disable=SC2154,SC2034

sshd_put() { # PATH BASE64
  keep "$1"
  file_put "$1" 644 "$2"
}

sshd_remove() { # PATH
  keep "$1"
  rm -f "$1"
}

sshd_commit() {
  # sshd -t needs the folder, which is away while ssh.service is stopped or waits behind a socket (tried with 9.6).
  [ -d /run/sshd ] || install -d -m 755 /run/sshd
  if ! complaint=$(sshd -t 2>&1); then
    printf '%s\n' "$complaint" >&2
    exit 78
  fi
  # From here on sshd may have read the new files: who puts them back has to tell it again.
  told=yes
  sshd_tell
  kept=0
  told=''
}

sshd_tell() {
  for unit in ssh.service sshd.service; do
    if systemctl cat "$unit" >/dev/null 2>&1; then
      # Not reload: behind an idle socket that fails (Ubuntu 24.04).
      systemctl try-reload-or-restart "$unit"
      break
    fi
  done
}
