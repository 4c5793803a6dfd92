# The guard: what a run changes of sshd and the firewall this host takes back by itself, unless a fresh login has confirmed the run in time.
# A run's folder has all that it takes: `sh /var/lib/ssh-tunnels/undo-RUN/undo` does it at any time, and needs nothing of us.
# shellcheck shell=sh disable=SC2034,SC2154

# Arms. LIMIT: seconds after which the batch has ended, whatever becomes of it; WINDOW: seconds from its end on in which somebody may confirm it. RULES
# are the steps that bring back the rules of the firewall, as a batch reads them.
guard_arm() { # RUN LIMIT:WINDOW RULES
  guard=$guards/undo-$1
  log=$guard/log window=${2#*:}
  guard_able
  (umask 077 && mkdir -p "$log")
  chmod 700 "$guard"
  # The program that runs now, whole (engine/host/quote.ts): undoing is a batch too.
  [ -n "${t-}" ] || { echo "there is no program to undo with" >&2; return 70; }
  printf '%s\n' "$t" >"$guard/program"
  printf 'log_undo%s%s%ssshd\nend\n' "$us" "$log" "$us" >"$guard/sshd.steps"
  printf %b "$3" >"$guard/rules.steps"
  printf 'log_undo%s%s\nend\n' "$us" "$log" >"$guard/rest.steps"
  printf 'guard_boot_gone%s%s\nend\n' "$us" "$guard" >"$guard/unit.steps"
  guard_program >"$guard/undo"
  guard_session >"$guard/session"
  sshd_note >"$guard/sshd"
  meanwhile_note "$guard" || :
  guard_this_boot >"$guard/boot"
  guard_at_boot
  # Before it is armed: who finds it armed and nobody waiting takes it for dead.
  guard_timer "$((${2%:*} + window))"
  guard_identity "$$" >"$guard/batch"
  guard_awaits
  : >"$guard/armed"
  guard_sync
  echo "armed $1"
}

# The end of the batch: the window begins.
guard_wait() {
  [ -n "${guard-}" ] && [ -e "$guard/armed" ] || return 0
  log_end
  echo "$status" >"$guard/ended"
  guard_stop "$guard"
  guard_timer "$window"
}

# Which boot this is. That of a container has the kernel's ID, and a first process of its own.
guard_this_boot() {
  cat /proc/sys/kernel/random/boot_id
  sed 's/.*) //' /proc/1/stat | cut -d ' ' -f 20
}

# What decides who may log in comes first. Rules go while the files still name them, and all else comes last, byte for byte.
guard_program() {
  cat <<'UNDO'
# Made by cdktf-ssh-tunnels: puts back what a run has changed. Goes when the run is confirmed.
cd "${0%/*}" || exit
# Kept free for this: the disk may be full by now.
rm -f room
order='sshd rules rest unit'
if [ "${1-}" = boot ]; then
  # The unit may be started at another time too.
  [ "$(cat boot)" != "$(cat /proc/sys/kernel/random/boot_id; sed 's/.*) //' /proc/1/stat | cut -d ' ' -f 20)" ] || exit 0
  # Who was at it has ended with the host, and no rules are loaded yet.
  mv undoing armed 2>/dev/null
  # It was looked at by somebody, who may have gone on from there.
  [ ! -e partly ] || exit 1
  order='rest unit'
fi
# By hand it is tried again, when what kept it from its end is mended.
mv armed undoing 2>/dev/null || mv partly undoing 2>/dev/null || exit 0
rm -f said
export SSH_TUNNELS_UNDOING="${1:-now}"
end=undone
for steps in $order; do
  sh program <"$steps.steps" >>said 2>&1 && continue
  end=partly
  echo "not all could be put back: $steps" >>said
done
mv undoing "$end"
cat said
[ "$end" = undone ]
UNDO
}

guard_timer() { # SECONDS
  if systemd-run --quiet --unit="ssh-tunnels-${guard##*/}" \
    --description="Undo what ssh-tunnels has changed" --on-active="$1" --timer-property=AccuracySec=1s \
    /bin/sh "$guard/undo" >/dev/null 2>&1; then
    return 0
  fi
  # In a session of its own, so that it outlives the connection; without the files of the batch, whose lock it would hold.
  # shellcheck disable=SC2016 # it has arguments of its own
  setsid sh -c 'sleep "$2"; exec sh "$1/undo"' guard "$guard" "$1" </dev/null >/dev/null 2>&1 3<&- 9<&- &
  guard_identity "$!" >"$guard/waiter"
}

guard_stop() { # FOLDER: nobody waits any more
  if [ -e "$1/waiter" ]; then
    # With its sleep; a batch that ends ignores gentler signals, and so do they. In its first moments it leads no group yet.
    if guard_runs "$1/waiter"; then kill -KILL "-$process" 2>/dev/null || kill -KILL "$process" 2>/dev/null || :; fi
  else
    systemctl stop "ssh-tunnels-${1##*/}.timer" 2>/dev/null || :
  fi
}

# A host that boots while armed puts the files back before anything reads them.
guard_at_boot() {
  has_systemd || return 0
  wants=/etc/systemd/system/sysinit.target.wants
  with=''
  if [ ! -d "$wants" ] || guard_made_wants; then with=$its_folder; fi
  file_put "/etc/systemd/system/$guard_unit" 644 "$guard_mark$with.\\n\
[Unit]\\n\
Description=Undo what ssh-tunnels has changed and nobody confirmed\\n\
DefaultDependencies=no\\n\
RequiresMountsFor=/var/lib/ssh-tunnels\\n\
After=local-fs.target systemd-tmpfiles-setup.service\\n\
Before=network-pre.target ssh.service ssh.socket sshd.service sshd.socket nftables.service netfilter-persistent.service iptables.service ufw.service firewalld.service\\n\\n\
[Service]\\n\
Type=oneshot\\n\
RemainAfterExit=yes\\n\
ExecStart=/bin/sh -c 'for undo in /var/lib/ssh-tunnels/undo-*/undo; do [ ! -e \"\$\$undo\" ] || sh \"\$\$undo\" boot; done'\\n\\n\
[Install]\\n\
WantedBy=sysinit.target\\n"
  mkdir -p "$wants"
  ln -sf "/etc/systemd/system/$guard_unit" "$wants/"
}

guard_mark='# Made by cdktf-ssh-tunnels; stands while a change waits to be confirmed'
# Behind it, where the folder of its link was not there. No list of a batch's (folders.sh): who confirms is none, and holds no lock.
its_folder=', and so does sysinit.target.wants'
guard_made_wants() { grep -qsxF "$guard_mark$its_folder." "/etc/systemd/system/$guard_unit"; }

# On the disk before anything is told of what has changed: a host may lose its power then.
guard_sync() {
  [ -n "${guard-}" ] || return 0
  sync "$guard" "$guard"/* "$log"/* "$log"/accounts/* "/etc/systemd/system/$guard_unit" /etc/systemd/system/sysinit.target.wants 2>/dev/null || sync
}

# Of other runs: who is dead is undone, who is alive is waited for, before we hold the lock that its undoing needs.
guard_others() {
  [ -z "${SSH_TUNNELS_UNDOING-}" ] || return 0
  waited=0
  for other in "$guards"/undo-*; do
    while [ -e "$other/armed" ] || [ -e "$other/undoing" ]; do
      guard_lives "$other" || { guard_undo "$other" || :; break; }
      [ "$waited" -lt 90 ] || { echo "another deploy's change of this host waits to be confirmed: ${other##*/}" >&2; exit 75; }
      sleep 1
      waited=$((waited + 1))
    done
  done
}

guard_is_free() {
  [ -z "${SSH_TUNNELS_UNDOING-}" ] || return 0
  for other in "$guards"/undo-*; do
    if [ -e "$other/armed" ] || [ -e "$other/undoing" ]; then return 1; fi
  done
}

# Whether it will be confirmed, or undone by itself.
guard_lives() { # FOLDER
  if [ -e "$1/waiter" ]; then
    guard_runs "$1/waiter" || return 1
  else
    if systemctl is-active --quiet "ssh-tunnels-${1##*/}.service"; then return 0; fi
    systemctl is-active --quiet "ssh-tunnels-${1##*/}.timer" || return 1
  fi
  # Who has made it may be gone, and then nobody will confirm.
  [ ! -s "$1/session" ] || guard_runs "$1/session"
}

guard_undo() { # FOLDER, whose undoing may have been killed
  if [ -e "$1/undoing" ]; then mv "$1/undoing" "$1/armed"; fi
  sh "$1/undo" >/dev/null
}

# The sshd process of the connection that we came by, and when it began: while it is there, somebody may still confirm.
guard_session() {
  ancestor=$$
  while [ "$ancestor" -gt 1 ] && limit_process "$ancestor"; do
    case $(cat "/proc/$ancestor/comm") in
      sshd*) guard_identity "$ancestor"; return 0 ;;
    esac
    # shellcheck disable=SC2154 # limit.sh says it
    ancestor=$its_parent
  done
}

# The run's folder and all that waits for it.
guard_forget() { # FOLDER
  guard_stop "$1"
  rm -rf -- "$1"
  set -- "$guards"/undo-*
  [ ! -e "$1" ] || return 0
  guard_forget_boot
  rmdir "$guards" 2>/dev/null || :
}

# Undone it waits for no boot; others may.
guard_boot_gone() { # FOLDER
  for other in "$guards"/undo-*; do
    [ "$other" != "$1" ] || continue
    if [ -e "$other/armed" ] || [ -e "$other/undoing" ]; then return 0; fi
  done
  guard_forget_boot
}

guard_forget_boot() {
  # Whoever has let systemd read its units anew has let it know this one too. At boot it is what runs us.
  known=''
  if [ "${SSH_TUNNELS_UNDOING-}" != boot ]; then known=$(systemctl list-units --all --plain --no-legend "$guard_unit" 2>/dev/null || :); fi
  [ -z "$known" ] || systemctl stop "$guard_unit"
  rm -f "/etc/systemd/system/sysinit.target.wants/$guard_unit"
  ! guard_made_wants || rmdir /etc/systemd/system/sysinit.target.wants 2>/dev/null || :
  rm -f "/etc/systemd/system/$guard_unit"
  [ -z "$known" ] || systemctl daemon-reload
}
