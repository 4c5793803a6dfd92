# Takes the place of UNIT, which somebody else made: `stop UNIT SECONDS`, and who says neither `keep` nor `back` in time has it started again.
# shellcheck shell=sh
set -eu
export LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
verb=$1 unit=$2
waiter=ssh-tunnels-back-$unit
waiter=${waiter%.service}
case $verb in
  stop)
    enabled=$(systemctl is-enabled "$unit" 2>/dev/null || :)
    # Armed first: whatever happens to us, the tunnel comes back.
    systemctl stop "$waiter.timer" 2>/dev/null || :
    if [ "$enabled" = enabled ]; then
      systemd-run --quiet --unit="$waiter" --on-active="$3" --timer-property=AccuracySec=1s systemctl enable --now --quiet "$unit"
      systemctl disable --quiet "$unit"
    else
      systemd-run --quiet --unit="$waiter" --on-active="$3" --timer-property=AccuracySec=1s systemctl start "$unit"
    fi
    systemctl stop "$unit"
    echo "${enabled:-unknown}"
    ;;
  keep) systemctl stop "$waiter.timer" ;;
  back)
    systemctl stop "$waiter.timer" 2>/dev/null || :
    if [ "$3" = enabled ]; then systemctl enable --quiet "$unit"; fi
    systemctl start "$unit"
    ;;
  *) exit 64 ;;
esac
