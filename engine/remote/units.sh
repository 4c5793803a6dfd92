# Prints what systemd knows of UNITS that make way for ours, and who waits to start one again. Changes nothing.
# shellcheck shell=sh
set -u
export LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
if command -v systemctl >/dev/null 2>&1; then
  systemctl list-units --plain --no-legend 'ssh-tunnels-back-*.timer' 2>/dev/null | sed -n 's/^\([^ ]*\.timer\) .*/Waits=\1/p'
  for unit; do
    echo "Unit=$unit"
    systemctl show --property=MainPID,LoadState,UnitFileState,WantedBy,RequiredBy,UpheldBy,TriggeredBy,CanStart,CanStop "$unit"
    group=$(systemctl show --property=ControlGroup "$unit")
    group=${group#ControlGroup=}
    for folder in "/sys/fs/cgroup$group" "/sys/fs/cgroup/systemd$group"; do
      if [ -n "$group" ] && [ -f "$folder/cgroup.procs" ]; then echo "Processes=$(tr '\n' ' ' <"$folder/cgroup.procs")"; break; fi
    done
  done
fi
echo end
