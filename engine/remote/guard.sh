# The guard: what a run changes of sshd and the firewall this host takes back by itself, unless a fresh login has confirmed the run in time.
# A run's folder has all that it takes: `sh /var/lib/ssh-tunnels/undo-RUN/undo` does it at any time, and needs nothing of us.
# shellcheck shell=sh disable=SC2034,SC2154

# Arms. RULES are the steps that bring back the rules of the firewall, as a batch reads them.
guard_arm() { # RUN SECONDS RULES
  guard=$guards/undo-$1
  (umask 077 && mkdir -p "$guard/files")
  chmod 700 "$guard"
  # The program that runs now, whole (engine/host/quote.ts): undoing is a batch too.
  [ -n "${t-}" ] || { echo "there is no program to undo with" >&2; return 70; }
  printf '%s\n' "$t" >"$guard/program"
  printf %b "$3" >"$guard/rules.steps"
  printf 'guard_files%s%s\nend\n' "$us" "$guard" >"$guard/files.steps"
  guard_program >"$guard/undo"
  guard_session >"$guard/session"
  guard_at_boot
  # On the disk before anything is changed.
  : >"$guard/armed"
  sync "$guard"/* "$guard" 2>/dev/null || sync
  guard_timer "$1" "$2"
}

# Files come first, for they decide who may log in, and last, for a rule's way back may write them too.
guard_program() {
  cat <<'UNDO'
# Made by cdktf-ssh-tunnels: puts back what a run has changed of sshd and the firewall. Goes when the run is confirmed.
cd "${0%/*}" || exit
order='files rules files'
if [ "${1-}" = boot ]; then
  # Who was at it has ended with the host, and no rules are loaded yet.
  mv undoing armed 2>/dev/null
  order=files
  : >booted
fi
mv armed undoing 2>/dev/null || exit 0
export SSH_TUNNELS_UNDOING="${1:-now}"
for steps in $order; do
  sh program <"$steps.steps" >>said 2>&1 || echo "not all could be put back: $steps" >>said
done
mv undoing undone
UNDO
}

guard_timer() { # RUN SECONDS
  if [ -d /run/systemd/system ] && systemd-run --quiet --unit="ssh-tunnels-undo-$1" \
    --description="Undo what ssh-tunnels has changed" --on-active="$2" --timer-property=AccuracySec=1s \
    /bin/sh "$guard/undo" >/dev/null 2>&1; then
    return 0
  fi
  # In a session of its own, so that it outlives the connection; without the files of the batch, whose lock it would hold.
  # shellcheck disable=SC2016 # it has arguments of its own
  setsid sh -c 'sleep "$2"; exec sh "$1/undo"' guard "$guard" "$2" </dev/null >/dev/null 2>&1 3<&- 9<&- &
  guard_identity "$!" >"$guard/waiter"
}

# A host that boots while armed puts the files back before anything reads them.
guard_at_boot() {
  [ -d /run/systemd/system ] || return 0
  file_put "/etc/systemd/system/$guard_unit" 644 "# Made by cdktf-ssh-tunnels; stands while a change waits to be confirmed.\\n\
[Unit]\\n\
Description=Undo what ssh-tunnels has changed and nobody confirmed\\n\
DefaultDependencies=no\\n\
RequiresMountsFor=/var/lib/ssh-tunnels\\n\
After=local-fs.target systemd-tmpfiles-setup.service\\n\
Before=network-pre.target ssh.service ssh.socket sshd.service sshd.socket nftables.service netfilter-persistent.service iptables.service ufw.service firewalld.service\\n\\n\
[Service]\\n\
Type=oneshot\\n\
ExecStart=/bin/sh -c 'for undo in /var/lib/ssh-tunnels/undo-*/undo; do sh \"\$\$undo\" boot; done'\\n\\n\
[Install]\\n\
WantedBy=sysinit.target\\n"
  mkdir -p /etc/systemd/system/sysinit.target.wants
  ln -sf "/etc/systemd/system/$guard_unit" /etc/systemd/system/sysinit.target.wants/
}

# What a step is about to change for the first time in an armed run.
guard_keep() { # PATH
  [ -n "${guard-}" ] || return 0
  copies=0
  while [ -e "$guard/files/$copies.path" ]; do
    IFS= read -r copied <"$guard/files/$copies.path"
    [ "$copied" != "$1" ] || return 0
    copies=$((copies + 1))
  done
  { [ ! -e "$1" ] && [ ! -L "$1" ]; } || cp -pP "$1" "$guard/files/$copies"
  printf '%s\n' "$1" >"$guard/files/$copies.new"
  # It counts only now: what has no copy would be taken for a file that was not there.
  mv "$guard/files/$copies.new" "$guard/files/$copies.path"
  sync "$guard/files" "$guard/files/$copies.path" 2>/dev/null || sync
}

# The files as they were when the run began.
guard_files() { # FOLDER
  for copy in "$1"/files/*.path; do
    [ -e "$copy" ] || continue
    IFS= read -r copied <"$copy"
    put_copy "${copy%.path}" "$copied"
  done
  # Whatever is started then reads them.
  [ "${SSH_TUNNELS_UNDOING-}" != boot ] || return 0
  if ask_sshd -t; then sshd_tell; fi
}

# Of other runs: who is dead is undone, who is alive is waited for, before we hold the lock that its undoing needs.
guard_others() {
  [ -z "${SSH_TUNNELS_UNDOING-}" ] || return 0
  waited=0
  for other in "$guards"/undo-*; do
    while [ -e "$other/armed" ] || [ -e "$other/undoing" ]; do
      guard_lives "$other" || { guard_undo "$other" || :; break; }
      [ "$waited" -lt 150 ] || { echo "another deploy's change of this host waits to be confirmed: ${other##*/}" >&2; exit 75; }
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

guard_runs() { # FILE with a process and when it began: by its number alone it may be another one by now
  read -r process began <"$1" && [ "$(guard_identity "$process")" = "$process $began" ]
}

guard_identity() { # PID
  if [ -r "/proc/$1/stat" ]; then
    read -r line <"/proc/$1/stat"
    process=$1
    # shellcheck disable=SC2086
    set -- ${line##*)}
    echo "$process ${20}"
  fi
}

guard_undo() { # FOLDER, whose undoing may have been killed
  if [ -e "$1/undoing" ]; then mv "$1/undoing" "$1/armed"; fi
  sh "$1/undo"
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
  if [ -e "$1/waiter" ]; then
    if guard_runs "$1/waiter"; then kill "$process" 2>/dev/null || :; fi
  elif [ -d /run/systemd/system ]; then
    systemctl stop "ssh-tunnels-${1##*/}.timer" 2>/dev/null || :
  fi
  # systemd has read the unit then.
  reloads=''
  [ ! -e "$1/booted" ] || reloads=yes
  rm -rf -- "$1"
  set -- "$guards"/undo-*
  [ ! -e "$1" ] || return 0
  rm -f "/etc/systemd/system/sysinit.target.wants/$guard_unit" "/etc/systemd/system/$guard_unit"
  rmdir /etc/systemd/system/sysinit.target.wants 2>/dev/null || :
  [ -z "$reloads" ] || systemctl daemon-reload
  rmdir "$guards" 2>/dev/null || :
}
