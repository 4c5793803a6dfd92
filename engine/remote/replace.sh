# Takes the place of UNIT, which somebody else made: `stop UNIT SECONDS`, and who says neither `renew`, `keep` nor `back` in time has it started again.
# shellcheck shell=sh
set -eu
export LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
verb=$1 unit=$2
waiter=ssh-tunnels-back-$unit
waiter=${waiter%.service}
# A timer that has rung is gone.
disarm() {
  systemctl stop "$waiter.timer" "$waiter.service" 2>/dev/null || :
  ! systemctl is-active --quiet "$waiter.timer" || { echo "$waiter.timer does not stop" >&2; exit 1; }
}
case $verb in
  stop)
    enabled=$(systemctl is-enabled "$unit" 2>/dev/null || :)
    # Armed first: whatever happens to us, the tunnel comes back.
    disarm
    if [ "$enabled" = enabled ]; then set -- "$3" enable --now --quiet; else set -- "$3" start; fi
    seconds=$1
    shift
    systemd-run --quiet --collect --unit="$waiter" --on-active="$seconds" --timer-property=AccuracySec=1s systemctl "$@" "$unit"
    if [ "$enabled" = enabled ]; then systemctl disable --quiet "$unit"; fi
    systemctl stop "$unit"
    echo "${enabled:-unknown}"
    ;;
  renew)
    # One that has rung is not wound up again: what it has started, `keep` or `back` will see.
    if systemctl is-active --quiet "$waiter.timer"; then systemctl restart "$waiter.timer"; fi
    ;;
  keep)
    disarm
    if [ "$3" = enabled ]; then systemctl disable --quiet "$unit"; fi
    systemctl stop "$unit"
    ;;
  back)
    disarm
    if [ "$3" = enabled ]; then systemctl enable --quiet "$unit"; fi
    systemctl start "$unit"
    ;;
  *) exit 64 ;;
esac
