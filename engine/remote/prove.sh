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
  case $kind in tls) dials=openssl ;; *) dials=bash ;; esac
  for program in setpriv "$dials"; do
    command -v "$program" >/dev/null 2>&1 || { state=unknown why="there is no $program" && return; }
  done
  case $kind in
    tls) ask_tls ;;
    *) ask_words ;;
  esac
}

# Far may be anybody's: what reads its bytes is nobody here, and nothing makes it more.
alone() {
  timeout 10 setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs "$@"
}

ask_tls() {
  case $address in *:*) at="[$address]:$port" ;; *) at=$address:$port ;; esac
  # The certificate is not judged: that far shakes hands is the proof.
  heard=$(alone openssl s_client -connect "$at" </dev/null 2>&1 >/dev/null)
  case $?:$heard in
    0:*) state=proven why='it shakes hands' ;;
    124:* | 143:*) why='no answer in 10 s' ;;
    *:setpriv:* | *'etwork is unreachable'*) state=unknown why='nothing can be dialled from here' ;;
    *) why='no TLS' ;;
  esac
}

# bash alone dials without a program that may not be there. What far says is a text to it, whatever it is.
ask_words() {
  heard=$({
    alone bash --norc -c '
    exec 3<>"/dev/tcp/$1/$2" || exit
    exec 2>/dev/null
    case $3 in http) printf "GET / HTTP/1.0\r\nHost: %s\r\n\r\n" "$1" >&3 ;; esac
    # Of what may be no text the first byte will do.
    case $3 in tcp) IFS= read -r -n 1 -t 5 line <&3 ;; *) IFS= read -r -t 5 line <&3 ;; esac
    ended=$?
    if [ "$ended" -eq 0 ] || [ -n "$line" ]; then echo "said $line"; elif [ "$ended" -gt 128 ]; then echo "silent "; else echo "closed "; fi
  ' bash "$address" "$port" "$kind" </dev/null 2>&1
    # As coreutils and as busybox say that the time was over.
    case $? in 124 | 143) echo 'late ' ;; esac
  } | tr -cd '\40-\176\n' | head -n 1 | cut -c 1-120)
  said=${heard#* }
  case ${heard%% *}:$kind:$said in
    said:tcp:*) state=proven why='it speaks' ;;
    said:ssh:SSH-*) state=proven why=$said ;;
    said:http:HTTP/*) judge_status ;;
    said:*) why="it does not speak $kind: it said $said" ;;
    # ssh takes a connection before it has dialled far, so that an open one proves nothing.
    silent:*) why='it said nothing within 5 s' ;;
    closed:*) why='the connection was accepted and closed at once' ;;
    bash::*'Connection refused') why='nobody answers there' ;;
    bash::*'No route to host' | bash::*'timed out') why='no way leads there, or a firewall refuses it' ;;
    late:*) why='no answer in 10 s' ;;
    # Of what keeps us from asking nobody knows what a visitor would see.
    *) state=unknown why="nothing can be dialled from here: $said" ;;
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

mkdir -p "$folder"
# One after the other: many that come at once and do not log in are an attack to an sshd (MaxStartups, PerSourcePenalties in sshd_config(5)), by which
# visitors come too. For whom there is no turn in a minute, `checked` grows old.
exec 9<"${folder%/*}"
flock -w 60 9 || exit 0
ask
# One that was silent once is asked again before it is called silent.
if [ "$state" = unproven ]; then
  sleep 1
  ask
fi
# What one of them costs sshd forgives within a second.
[ "$kind" != ssh ] || sleep 1
exec 9<&-
now=$(date +%s)
echo "$now" >"$folder/checked"
before='' known=''
[ ! -s "$folder/history" ] || read -r before known <<END
$(awk '{ last = $2 } $2 != "unknown" { known = $2 } END { print last, known }' "$folder/history")
END
[ "$state" != "$before" ] || exit 0
{
  [ ! -e "$folder/history" ] || tail -n $((most - 1)) "$folder/history"
  printf '%s %s %s\n' "$now" "$state" "$why"
} >"$folder/history.new"
mv -f "$folder/history.new" "$folder/history"
# The first time nothing has changed, nor has it when nobody could tell.
if [ "$state" = unknown ] || [ "${known:-$state}" = "$state" ] || [ $# -eq 0 ]; then exit 0; fi
SSH_TUNNELS_TUNNEL=$tunnel SSH_TUNNELS_STATE=$state SSH_TUNNELS_WHY=$why timeout -k 5 60 "$@" </dev/null ||
  echo "the hook ended with exit status $?"
