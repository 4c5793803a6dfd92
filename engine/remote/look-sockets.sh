# Of each unix socket that is asked for: what is there, who listens on that very file, and whether its account may. Changes nothing.
# shellcheck shell=sh disable=SC2154,SC2086,SC2016

socket_root=/var/lib/ssh-tunnels-sockets

# Of the paths on standard input those folders of ours that they are in: of tunnels that share a connection each has its own, by its name.
socket_folders() {
  sed -n "s|^\($socket_root/[a-z0-9-][a-z0-9-]*\)/.*|\1|p" | sort -u
}

print_sockets() { # a line each: VERB ACCOUNT PATH FILE FOLDER LISTENED MAY OPEN
  all=$(ss -Hxae 2>/dev/null) || all='?'
  printf '%s' "$sockets" | while read -r end account path; do
    # Where it listens the socket itself, not what a link leads to.
    follow=''
    [ "$end" = listens ] || follow=-L
    file=$(stat $follow -c '%F:%u:%a' "$path" 2>/dev/null | tr ' ' _)
    folder=$(stat -L -c '%F:%U:%G:%a' "${path%/*}/" 2>/dev/null | tr ' ' _)
    echo "$end $account $path ${file:--} ${folder:--} $(is_listened "$path") $(may_use "$end" "$account" "$path") $(open_at "$path")"
  done
}

# The name of a listener alone proves nothing: its file may be gone, or be another's by now. ss tells the file's number.
is_listened() { # PATH
  number=$(stat -c %i "$1" 2>/dev/null) || { echo no; return; }
  printf '%s\n' "$all" | awk -v path="$1" -v number="ino:$number" '
    $2 == "LISTEN" && $5 == path { for (at = 6; at <= NF; at++) if ($at == number) found = 1 }
    END { print found ? "yes" : "no" }'
}

open_at() { # PATH
  [ "$all" != '?' ] || { echo '?'; return; }
  printf '%s\n' "$all" | awk -v path="$1" '$2 == "ESTAB" && $5 == path { count++ } END { print count + 0 }'
}

# As the account, with its groups; where there is none yet, as nobody.
may_use() { # VERB ACCOUNT PATH
  case $1 in
    listens) what=${3%/*}/ ;;
    *) what=$3 ;;
  esac
  # That of busybox cannot.
  setpriv --reuid 65534 --regid 65534 --clear-groups true 2>/dev/null || { echo '?'; return; }
  if getent passwd "$2" >/dev/null; then set -- "$1" --reuid "$2" --regid "$2" --init-groups
  else set -- "$1" --reuid 65534 --regid 65534 --clear-groups; fi
  asked_of=$1
  shift
  if [ "$asked_of" = listens ]; then
    # shellcheck disable=SC2016 # expanded by the sh that is started
    setpriv "$@" sh -c 'test -w "$1" && test -x "$1"' sh "$what" 2>/dev/null && echo yes || echo no
  else
    # shellcheck disable=SC2016 # expanded by the sh that is started
    setpriv "$@" sh -c 'test -w "$1"' sh "$what" 2>/dev/null && echo yes || echo no
  fi
}
