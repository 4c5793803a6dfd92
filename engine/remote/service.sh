# systemd units.
# shellcheck shell=sh

unit_put() { # PATH BASE64
  # What runs under an old text ends now: were the batch to stop before the start, the next plan would take it for the new.
  [ ! -e "$1" ] || systemctl stop "${1##*/}" 2>/dev/null || :
  file_put "$1" 644 "$2"
  read_anew=''
}

units_reload() {
  systemctl daemon-reload
  read_anew=yes
}

unit_enable() { # UNIT
  systemctl enable --quiet "$1"
}

unit_start() { # UNIT
  # A batch that was stopped may have written the unit and not reloaded: systemd would start the old text.
  [ -n "${read_anew-}" ] || units_reload
  systemctl reset-failed "$1" 2>/dev/null || :
  systemctl restart "$1"
}

unit_remove() { # UNIT
  # Its file or its link may be gone by hand while it still runs: disable --now alone would leave it running.
  systemctl stop "$1" 2>/dev/null || :
  systemctl disable --quiet "$1" 2>/dev/null || :
  rm -f "/etc/systemd/system/$1" "/etc/systemd/system/"*".wants/$1"
  systemctl reset-failed "$1" 2>/dev/null || :
}
