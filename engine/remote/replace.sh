# Takes the place of UNIT, which somebody else made: after `arm UNIT TIMER SECONDS PID OURS...` who says neither `renew`, `keep` nor `back` in time has it put back.
# shellcheck shell=sh disable=SC2016
set -eu
export LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
verb=$1 unit=$2 timer=$3
shift 3
service=${timer%.timer}.service
# While it puts back, its timer is there still; after that both are gone.
waits() { systemctl is-active --quiet "$timer" && ! systemctl is-active --quiet "$service"; }
disarm() {
  systemctl stop "$timer" 2>/dev/null || :
  ! systemctl is-active --quiet "$timer" || { echo "$timer does not stop" >&2; exit 1; }
  rm -f "$program"
}
run_all() { # OURS...
  for one; do systemctl is-active --quiet "$one" || { echo "$one does not run" >&2; exit 1; }; done
}
# Run by the timer too, until the next boot. systemd writes down what a timer runs, and reads signs of a shell there otherwise than they were.
program=/run/ssh-tunnels-back-$(printf %s "$unit" | cksum | cut -d ' ' -f 1)
# UNIT OURS...: one of them runs in the end, never two. What ours held is free when its server has seen it go.
put_back='put_back() {
  unit=$1 held=""
  shift
  for one; do
    ! systemctl is-active --quiet "$one" || held=yes
    systemctl stop "$one" 2>/dev/null
    rm -f "/etc/systemd/system/multi-user.target.wants/$one"
  done
  [ -z "$held" ] || sleep 2
  systemctl reset-failed "$unit" 2>/dev/null
  systemctl start "$unit"
}'
case $verb in
  # The unit runs on: unit_yield of a batch stops it, and only as long as the timer waits. Prints those of ours that do not run yet.
  arm)
    seconds=$1 pid=$2
    shift 2
    grep -qF "/$unit" "/proc/$pid/cgroup" 2>/dev/null || { echo "pid $pid of $unit has ended meanwhile" >&2; exit 1; }
    idle=''
    for one; do systemctl is-active --quiet "$one" || idle="$idle $one"; done
    # It refuses where another waits already.
    # shellcheck disable=SC2086
    systemd-run --quiet --collect --unit="${timer%.timer}" --description="puts $unit back" --on-active="$seconds" --timer-property=AccuracySec=1s \
      /bin/sh "$program"
    (
      umask 077
      {
        printf '%s\nput_back' "$put_back"
        # No name of a unit has a quote in it.
        # shellcheck disable=SC2086
        printf " '%s'" "$unit" $idle
        printf '\nrm -f %s\n' "$program"
      } >"$program.new"
    )
    mv -f "$program.new" "$program"
    echo "$idle"
    ;;
  renew)
    # One that has rung is not wound up again: `keep` will see.
    if waits; then systemctl restart "$timer"; fi
    ;;
  # OURS...
  keep)
    waits || { echo "$timer has rung: $unit runs again" >&2; exit 1; }
    run_all "$@"
    disarm
    # It may have rung just now.
    ! systemctl is-active --quiet "$service" || { echo "$unit is put back just now" >&2; exit 1; }
    run_all "$@"
    systemctl stop "$unit"
    case $(systemctl is-enabled "$unit" 2>/dev/null || :) in
      enabled)
        # Of a file that lies elsewhere its link would go too, and with it the unit.
        file=/etc/systemd/system/$unit to=''
        [ ! -L "$file" ] || to=$(readlink "$file")
        systemctl disable --quiet "$unit"
        if [ -n "$to" ] && [ ! -L "$file" ]; then
          ln -s "$to" "$file"
          systemctl daemon-reload
        fi
        ;;
    esac
    ;;
  # OURS...: those that did not run when it was armed.
  back)
    disarm
    systemctl stop "$service" 2>/dev/null || :
    set +e
    eval "$put_back"
    put_back "$unit" "$@"
    ;;
  again) systemctl restart "$unit" ;;
  *) exit 64 ;;
esac
