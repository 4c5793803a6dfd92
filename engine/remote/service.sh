# systemd units.
# shellcheck shell=sh

unit_put() { # PATH BASE64
  # What runs under an old text ends now: were the batch to stop before the start, the next plan would take it for the new.
  [ ! -e "$1" ] || systemctl stop "${1##*/}" 2>/dev/null || :
  file_put "$1" 644 "$2"
}

units_reload() {
  systemctl daemon-reload
}

unit_enable() { # UNIT
  systemctl enable --quiet "$1"
}

unit_start() { # UNIT
  systemctl reset-failed "$1" 2>/dev/null || :
  systemctl restart "$1"
}

unit_remove() { # UNIT
  systemctl disable --quiet --now "$1"
  rm -f "/etc/systemd/system/$1"
  systemctl reset-failed "$1" 2>/dev/null || :
}
