# Proves far through the public port of TUNNEL, where ssh runs: writes down when that changes, and calls the hook. A timer of systemd's starts it.
# shellcheck shell=sh disable=SC2016
# Arguments: TUNNEL KIND ADDRESS PORT STATUSES [HOOK...]; STATUSES with commas between, - for every one.
set -u
export LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
umask 077
tunnel=$1 kind=$2 address=$3 port=$4 statuses=$5
shift 5
folder=/var/lib/ssh-tunnels-watch/$tunnel
most=100

# Sets $state to proven, unproven or unknown, and $why.
ask() {
  state=unproven
  case $kind in
    tls) ask_tls ;;
    *) ask_words ;;
  esac
}

ask_tls() {
  command -v openssl >/dev/null 2>&1 || { state=unknown why='there is no openssl'; return 0; }
  case $address in *:*) at="[$address]:$port" ;; *) at=$address:$port ;; esac
  # The certificate is not judged: that far shakes hands is the proof.
  if timeout 10 openssl s_client -connect "$at" </dev/null >/dev/null 2>&1; then state=proven why='it shakes hands'; else why='no TLS'; fi
}

# bash alone dials without a program that may not be there. What far says is a text to it, whatever it is.
ask_words() {
  heard=$(timeout 10 bash -c '
    { exec 3<>"/dev/tcp/$1/$2"; } 2>/dev/null || { echo "refused "; exit; }
    case $3 in http) printf "GET / HTTP/1.0\r\nHost: %s\r\n\r\n" "$1" >&3 ;; esac
    # Of what may be no text the first byte will do.
    case $3 in tcp) IFS= read -r -n 1 -t 5 line <&3 ;; *) IFS= read -r -t 5 line <&3 ;; esac
    ended=$?
    if [ "$ended" -eq 0 ] || [ -n "$line" ]; then echo "said $line"; elif [ "$ended" -gt 128 ]; then echo "silent "; else echo "closed "; fi
  ' bash "$address" "$port" "$kind" 2>/dev/null | tr -cd '\40-\176\n' | head -n 1 | cut -c 1-120)
  said=${heard#* }
  case ${heard%% *}:$kind:$said in
    said:tcp:*) state=proven why='it speaks' ;;
    said:ssh:SSH-*) state=proven why=$said ;;
    said:http:HTTP/*) judge_status ;;
    said:*) why="it does not speak $kind: it said $said" ;;
    # ssh takes a connection before it has dialled far.
    silent:tcp:*) state=unknown why='it keeps silent, as one may that is not the first to speak' ;;
    silent:*) why='it said nothing within 5 s' ;;
    closed:*) why='the connection was accepted and closed at once' ;;
    refused:*) why='nobody answers there' ;;
    *) why='no answer in 10 s' ;;
  esac
}

judge_status() {
  why=$said
  status=${said#* }
  status=${status%% *}
  case ,$statuses, in
    ,-, | *",$status,"* | *",${status%??}xx,"*) state=proven ;;
    *) why="it said $said" ;;
  esac
}

ask
# One that was silent once is asked again before it is called silent.
if [ "$state" = unproven ]; then
  sleep 1
  ask
fi
mkdir -p "$folder"
now=$(date +%s)
echo "$now" >"$folder/checked"
before=''
[ ! -s "$folder/history" ] || read -r before <<END
$(tail -n 1 "$folder/history" | cut -d ' ' -f 2)
END
[ "$state" != "$before" ] || exit 0
{
  [ ! -e "$folder/history" ] || tail -n $((most - 1)) "$folder/history"
  printf '%s %s %s\n' "$now" "$state" "$why"
} >"$folder/history.new"
mv -f "$folder/history.new" "$folder/history"
# The first time nothing has changed.
if [ -z "$before" ] || [ $# -eq 0 ]; then exit 0; fi
SSH_TUNNELS_TUNNEL=$tunnel SSH_TUNNELS_STATE=$state SSH_TUNNELS_WHY=$why timeout 60 "$@" </dev/null ||
  echo "the hook ended with exit status $?"
