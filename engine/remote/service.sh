# systemd units. What each of them is told is gathered and said in one go: every `systemctl enable` would let systemd read all units anew.
# shellcheck shell=sh disable=SC2086,SC2154

unit_put() { # PATH CONTENT
  if [ -e "$1" ]; then
    # What runs under an old text ends now: were the batch to stop before the start, the next plan would take it for the new.
    systemctl stop "${1##*/}" 2>/dev/null || :
    read_anew=''
  else
    written="${written-} ${1##*/}"
  fi
  file_put "$1" 644 "$2"
}

# Its ssh goes on: it is told by its control socket what it forwards now; its keepalive holds from its next start on. ORDERS are the flags to cancel,
# `then`, and those to add. Where ssh does not do that it is begun anew.
unit_alter() { # PATH ORDERS CONTENT
  unit=${1##*/}
  # First: a batch that ends in between leaves the old text, and the next one does it again.
  if systemctl is-active --quiet "$unit" && ssh_alter "$run_root/${unit%.service}/control" "$2"; then
    altered="${altered-} $unit"
  else
    systemctl stop "$unit" 2>/dev/null || :
  fi
  read_anew=''
  file_put "$1" 644 "$3"
}

ssh_alter() { # SOCKET ORDERS
  [ -n "$2" ] || return 0
  cancel='' forward='' flags=cancel
  set -f
  for word in $2; do
    case $flags$word in
      cancelthen) flags=forward ;;
      cancel*) cancel="$cancel $word" ;;
      *) forward="$forward $word" ;;
    esac
  done
  for order in cancel forward; do
    flags=$cancel
    [ "$order" = cancel ] || flags=$forward
    [ -z "$flags" ] || timeout 20 ssh -F none -S "$1" -O "$order" $flags master </dev/null >/dev/null || {
      set +f
      return 1
    }
  done
  set +f
}

unit_continue() { # UNIT
  case " ${altered-} " in *" $1 "*) ;; *) unit_start "$1" ;; esac
}

unit_enable() { # UNIT
  case " ${written-} " in
    *" $1 "*) linking="${linking-} $unit_root/$1" ;;
    *) enabling="${enabling-} $step:$1" ;;
  esac
}

# Says the same of all at once; when that fails, of one after the other, so that the step that is to blame is known. Before that systemd
# reads all units anew: some versions do not find a new one where a folder's time lies in the future.
tell_systemd() { # STEP:UNIT... WORDS of systemctl(1)
  told_of=$1
  shift
  units=''
  for one in $told_of; do units="$units ${one#*:}"; done
  if systemctl "$@" $units; then return 0; fi
  systemctl daemon-reload
  commit=$step
  for one in $told_of; do
    step=${one%%:*}
    systemctl "$@" "${one#*:}"
  done
  step=$commit
}

units_reload() {
  # What `systemctl enable` does for a unit with WantedBy=multi-user.target; told so, it would have systemd read all units anew.
  [ -z "${linking-}${enabling-}" ] || folder_make "$unit_root/$boot_target.wants"
  if [ -n "${linking-}" ]; then
    ln -sf $linking "$unit_root/$boot_target.wants/"
    linking=''
  fi
  if [ -n "${enabling-}" ]; then
    tell_systemd "$enabling" enable --quiet --no-reload
    # Until it reads anew systemd remembers that a unit was disabled, and since 255 says of every unit that it should be read anew.
    read_anew=''
    enabling=''
  fi
  # Of a unit that it does not know it reads the file by itself.
  if [ -z "${read_anew-yes}" ] || ! knows_none "${written-}"; then systemctl daemon-reload; fi
  written=''
  read_anew=yes
}

# Whether systemd has none of these units in its memory: a file may be gone by hand, and its unit runs on. To ask by `show` would load them.
knows_none() { # UNITS
  [ -n "$1" ] || return 0
  ! systemctl list-units --all --plain --no-legend $1 | grep -q .
}

unit_start() { # UNIT
  starting="${starting-} $step:$1"
}

# What runs in the place of one of ours by hand: it stops when all is ready, right before ours starts. TIMER would start it again; at a boot
# it starts by itself, for only who has seen ours stand keeps it from that.
unit_yield() { # UNIT TIMER
  if ! systemctl is-active --quiet "$2" || systemctl is-active --quiet "${2%.timer}.service"; then
    echo "$2 does not wait: nobody would start $1 again" >&2
    exit 1
  fi
  yielding="${yielding-} $1"
}

# The same tunnel under its former name, which is about to be removed.
unit_leave() { # UNIT
  ! systemctl cat "$1" >/dev/null 2>&1 || yielding="${yielding-} $1"
}

units_start() {
  # A batch that was stopped may have written the unit and not reloaded: systemd would start the old text.
  [ -n "${read_anew-}" ] || systemctl daemon-reload
  units=''
  for one in ${starting-}; do units="$units ${one#*:}"; done
  [ -z "$units" ] || systemctl reset-failed $units 2>/dev/null || :
  [ -z "${yielding-}" ] || systemctl stop $yielding
  [ -z "${starting-}" ] || tell_systemd "$starting" restart
  starting='' yielding=''
}

unit_remove() { # UNIT
  removing="${removing-} $1"
}

# Its file stays: who wants it starts it by hand.
unit_disable() { # UNIT
  disabling="${disabling-} $1"
}

units_end() {
  ended="${removing-} ${disabling-}"
  # A file or a link may be gone by hand while the unit still runs: disable --now alone would leave it running.
  systemctl stop $ended 2>/dev/null || :
  linked=''
  for unit in $ended; do
    # One by one: of several of which one has no file it would disable none.
    [ ! -e "$unit_root/$unit" ] || linked="$linked $unit"
  done
  if [ -n "$linked" ]; then
    wants=$unit_root/$boot_target.wants
    wants_is=$(stat -c %a "$wants" 2>/dev/null || :)
    systemctl disable --quiet --no-reload $linked 2>/dev/null || :
    # It takes away a folder that gets empty, whoever has made it; where we have, our list names it still.
    if [ -n "$wants_is" ] && [ ! -d "$wants" ]; then mkdir -m "$wants_is" "$wants"; fi
  fi
  for unit in $ended; do rm -f "$unit_root"/*".wants/$unit" "$run_root/$unit.starts"; done
  for unit in ${removing-}; do rm -f "$unit_root/$unit"; done
  systemctl reset-failed $ended 2>/dev/null || :
  removing='' disabling='' read_anew=''
}

# A drop-in of user@UID.service: the condition in it keeps `systemd --user` from being started for ACCOUNT.
manager_skip() { # ACCOUNT TUNNEL CONTENT
  manager_unskip "$2"
  account_find "$1"
  [ -n "$uid" ] || { echo "account $1 has gone since we looked" >&2; exit 1; }
  file_put "/etc/systemd/system/user@$uid.service.d/ssh-tunnels-$2.conf" 644 "$3"
}

manager_unskip() { # TUNNEL
  for file in /etc/systemd/system/user@*.service.d/"ssh-tunnels-$1.conf"; do
    [ ! -e "$file" ] || rm -f "$file"
  done
}
