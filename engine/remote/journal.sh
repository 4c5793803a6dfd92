# Prints what the journal has of a tunnel: UNIT's lines where one is named, and sshd's about ACCOUNT; the last LINES, or those after CURSOR. Before them where the journal ends, for who asks again. Changes nothing.
# shellcheck shell=sh
set -u
export LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
unit=$1 account=$2 lines=$3 cursor=$4
if [ -n "$unit" ] && is_scripted "$unit"; then
  case $cursor in
    script:*) script_words "$unit" 4000 "${cursor#script:}" 0 ;;
    *)
      # Where there is no line yet, the first one comes after this.
      echo '{"__CURSOR":"script:0"}'
      script_words "$unit" "$lines" 0 0
      ;;
  esac
  exit 0
fi
command -v journalctl >/dev/null 2>&1 || { echo "there is no journalctl (systemd)" >&2; exit 69; }
set -- --quiet --no-pager --output=json --all
if [ -n "$cursor" ]; then
  set -- "$@" --after-cursor="$cursor"
else
  # Where there is no line yet, the first one comes after this.
  journalctl --quiet --no-pager --output=export --lines=1 | sed -n '1s/^__CURSOR=\(.*\)$/{"__CURSOR":"\1"}/p'
  set -- "$@" --lines="$lines"
fi
if [ -n "$unit" ]; then
  journalctl "$@" "--${as_user:+user-}unit=$unit"
else
  # Of a session sshd names the account in some lines only; the journal finds those by itself, and quickly. A hyphen ends no name.
  journalctl "$@" --grep="(?<![\\w-])$account(?![\\w-])" _COMM=sshd + _COMM=sshd-session + _COMM=sshd-auth || [ $? -eq 1 ]
fi
