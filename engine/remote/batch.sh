# Runs the steps that standard input lists, one a line: VERB and up to three ARGS, divided by byte 037; the last line is `end`.
# Lines that begin with look_ are no steps: they say what is printed when all is done, see look.sh.
# shellcheck shell=sh disable=SC2034,SC2154
# VERB is a function of the files before this one. Stops at the first failure: prints `failed N`, N counting from 1, and ends with its status.
set -eu
export LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
umask 022
step=0
work=$(mktemp -d "$work_at.$$.XXXXXX")
log=$work
finish() {
  status=$?
  trap '' INT TERM HUP PIPE ALRM
  set +e
  [ "$status" -ne 124 ] || echo "it was at step $step: ${verb-} ${a-}" >&2
  if [ "$status" -ne 0 ]; then
    # Files that no commit has told of would look to the next plan as if it had.
    restore_kept
    if [ -n "${told-}" ] && ask_sshd -t; then sshd_tell; fi
    drop_new
    # Ours: who waited in vain for the lock sees another's.
    [ -z "${underway-}" ] || finish_accounts
  fi
  if [ -n "${holds_lock-}" ]; then
    [ -z "${as_user-}" ] || linger_sweep
    folders_sweep
  fi
  guard_wait
  # Who has hung up hears nothing, and what hangs may hang again.
  if [ -n "${looks-}" ] && [ "$status" -ne 130 ] && [ "$status" -ne 124 ]; then
    set +u
    look_print
  fi
  rm -rf "$work"
  [ "$status" -eq 0 ] || echo "failed $step"
  limit_end
}
# Of a user's files we know the place in his home.
in_home() {
  case $a in [~]/*) a=$HOME/${a#??} ;; esac
  case $b in [~]/*) b=$HOME/${b#??} ;; esac
}
trap finish EXIT
trap 'exit 130' INT TERM HUP PIPE
# All of them before the first runs: who was cut off must not get half of them.
cat >"$work/steps"
[ "$(tail -n 1 "$work/steps")" = end ] || { echo "the list of steps was cut off, so nothing was changed" >&2; exit 65; }
exec 3<"$work/steps" </dev/null
# One batch at a time on this host, whoever runs it.
find_lock
[ -d "$lock" ] || mkdir -m 700 "$lock" 2>/dev/null || :
exec 9<"$lock"
guard_others
flock -w 120 9 || { echo "another deploy has been changing this host for two minutes" >&2; exit 75; }
# One may have been armed while we waited.
until guard_is_free; do
  flock -u 9
  guard_others
  flock -w 120 9 || { echo "another deploy has been changing this host for two minutes" >&2; exit 75; }
done
holds_lock=yes
[ -n "${as_user-}" ] || find_sshd
clear_left || :
us=$(printf '\037')
while IFS=$us read -r verb a b c <&3 && [ "$verb" != end ]; do
  case $verb in
    look_*) looks=yes ;;
    guard_* | log_*) ;;
    *) step=$((step + 1)) ;;
  esac
  [ -z "${guard-}" ] || log_step
  if [ -n "${as_user-}" ]; then in_home; fi
  "$verb" "$a" "$b" "$c"
done
accounts_end
