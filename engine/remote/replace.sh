# Takes the place of UNIT, which somebody else made: after `arm UNIT TIMER SECONDS` who says neither `renew`, `keep` nor `back` in time has it started again.
# shellcheck shell=sh
set -eu
export LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
verb=$1 unit=$2 timer=$3
# A timer that has rung is gone.
disarm() {
  systemctl stop "$timer" "${timer%.timer}.service" 2>/dev/null || :
  ! systemctl is-active --quiet "$timer" || { echo "$timer does not stop" >&2; exit 1; }
}
case $verb in
  # The unit runs on: unit_yield of a batch stops it, and only as long as the timer waits.
  arm)
    enabled=$(systemctl is-enabled "$unit" 2>/dev/null || :)
    disarm
    seconds=$4
    if [ "$enabled" = enabled ]; then set -- enable --now --quiet; else set -- start; fi
    systemd-run --quiet --collect --unit="${timer%.timer}" --on-active="$seconds" --timer-property=AccuracySec=1s systemctl "$@" "$unit"
    echo "${enabled:-unknown}"
    ;;
  renew)
    # One that has rung is not wound up again: what it has started, `keep` or `back` will see.
    if systemctl is-active --quiet "$timer"; then systemctl restart "$timer"; fi
    ;;
  keep)
    disarm
    if [ "$4" = enabled ]; then systemctl disable --quiet "$unit"; fi
    systemctl stop "$unit"
    ;;
  back)
    disarm
    if [ "$4" = enabled ]; then systemctl enable --quiet "$unit"; fi
    systemctl start "$unit"
    ;;
  *) exit 64 ;;
esac
