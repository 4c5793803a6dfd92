# What a tunnel's unit does, as root, before it starts ssh: waits a while when ssh does not hold, then takes its turn. UNIT is the argument.
# In the unit the lines stand joined by spaces: each says by itself where its command ends.
# shellcheck shell=sh disable=SC2034

# Since when ssh does not hold a minute (0: it was started and has not ended yet), and the last start, in seconds since boot. The first start
# again is at once; a later one waits an eighth of the time that it has been going wrong, at most a minute. systemd's own RestartSteps=
# never come down again after a session that held. A start that somebody asked for, a deploy too, is no restart to systemd: it waits for nothing,
# nor does the first start again after it.
starts=/run/$1.starts;
read -r now idle </proc/uptime; now=${now%.*}; since=0; wait=0;
if [ -e "$starts" ]; then
  read -r since last <"$starts";
  if [ "${since:-0}" = 0 ] || [ $((now - last)) -ge 60 ]; then since=$now;
  else
    case $(systemctl show --property=NRestarts --value "$1") in
      0) since=0 ;;
      1) since=$now ;;
      *) wait=$(((now - since) / 8)); [ "$wait" -ge 1 ] || wait=1; [ "$wait" -le 60 ] || wait=60 ;;
    esac;
  fi;
fi;
[ "$wait" = 0 ] || sleep "$wait";

# Many tunnels of one client start one after the other, after a cut of the link too: the server drops connections that have not logged in
# when there are more than a few (MaxStartups in sshd_config(5)). 20 ms apart, and up to 100 ms while more than eight processes want to run
# (proc(5), loadavg): then logins take longer. When another has started is the time of his file; where none has, there is nothing to wait for.
# The lock is on a folder of systemd's that nobody but root can open, and leaves no file behind.
exec 9</run/systemd/inaccessible/dir; flock --wait 30 9;
others=$(find /run -maxdepth 1 -name "tunnel-*.starts" ! -path "$starts" -newermt "-0.1 seconds");
[ -z "$others" ] || for n in 1 2 3 4 5; do
  sleep 0.02; read -r a b c busy d </proc/loadavg; [ "${busy%%/*}" -gt 8 ] || break;
done;
echo "$since $((now + wait))" >"$starts";
