# Proves far through the public port of TUNNEL, from one of its two hosts: writes down when that changes, and tells the hook. A timer of systemd's starts it.
# shellcheck shell=sh disable=SC2016
# Arguments: `prove` TUNNEL KIND ADDRESS PORT STATUSES DIALS HOOKED: TUNNEL is its name, or of one of several forwards NAME:LABEL; STATUSES with commas between, - for every one; DIALS is far's port where this host
# dials far and far need not speak, else -; HOOKED is - where there is no hook. Or `tell` TUNNEL HOOK..., `post` TUNNEL ADDRESS: what `prove` has written down for it.
set -u
export LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
umask 077
verb=$1 tunnel=${2%%:*} shown=${2#*:}
root=/var/lib/ssh-tunnels-watch
folder=$root/$tunnel
case $2 in
  *:*/*) folder=$folder/${shown%%/*}.${shown#*/} ;;
  *:*) folder=$folder/$shown ;;
esac
shift 2
most=100

# The address is in no command line, and what far has said is text in the body.
post() { # ADDRESS, or the path of a file with one
  case $1 in /*) address=$(sed -n 1p "$1") || return 1 ;; *) address=$1 ;; esac
  case $address in
    *[!!#-~]* | *\\*) echo "$1 holds no address" && return 1 ;;
    http://?* | https://?*) ;;
    *) echo "$1 holds no address" && return 1 ;;
  esac
  printf '{"tunnel":"%s","state":"%s","why":"%s"}\n' "$shown" "$state" "$(printf %s "$why" | tr -c ' -~' '?' | sed 's/[\\"]/\\&/g')" >"$folder/body"
  printf 'url = "%s"\n' "$address" | curl -q -sS -f -o /dev/null -m 60 -H 'Content-Type: application/json' --data-binary "@$folder/body" -K -
}

if [ "$verb" = tell ] || [ "$verb" = post ]; then
  [ -e "$folder/untold" ] || exit 0
  read -r state why <"$folder/untold"
  rm -f "$folder/untold"
  if [ "$verb" = post ]; then
    post "$1" || echo "the webhook ended with exit status $?"
    rm -f "$folder/body"
    exit 0
  fi
  SSH_TUNNELS_TUNNEL=$shown SSH_TUNNELS_STATE=$state SSH_TUNNELS_WHY=$why timeout -k 5 60 "$@" </dev/null ||
    echo "the hook ended with exit status $?"
  exit 0
fi
kind=$1 address=$2 port=$3 statuses=$4 dials=$5 hooked=$6

# Sets $state to proven, unproven or unknown, and $why.
ask() {
  state=unproven
  case $kind in tls) dialler=openssl ;; *) dialler=bash ;; esac
  for program in setpriv "$dialler"; do
    command -v "$program" >/dev/null 2>&1 || { state=unknown why="there is no $program" && return; }
  done
  case $kind in
    tls) ask_tls ;;
    *) ask_words ;;
  esac
}

# Far may be anybody's: what reads its bytes is nobody here, and nothing makes it more. Nobody ends it too: root here has no right to.
alone() {
  setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs timeout 10 "$@"
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
  uid=- patience=5
  if [ "$dials" != - ]; then
    uid=$(id -u "tun-$tunnel" 2>/dev/null) || { state=unknown why="there is no account tun-$tunnel" && return; }
    # Whether it speaks first nobody has said.
    has_spoken || patience=1
  fi
  heard=$({
    alone bash --norc -c '
    held() {
      all=$(ss -Htne state established "( dport = :$5 )" 2>/dev/null) || return
      while read -r _ _ here there rest; do
        case " $rest " in *" uid:$6 "*) echo "$here $there" ;; esac
      done <<<"$all"
    }
    [ "$5" = - ] || before=$(held "$@") || { echo "blind "; exit; }
    exec 3<>"/dev/tcp/$1/$2" || exit
    exec 2>/dev/null
    case $3 in http) printf "GET / HTTP/1.0\r\nHost: %s\r\n\r\n" "$1" >&3 ;; esac
    # Of what may be no text the first byte will do.
    case $3 in tcp) IFS= read -r -n 1 -t "$4" line <&3 ;; *) IFS= read -r -t "$4" line <&3 ;; esac
    ended=$?
    if [ "$ended" -eq 0 ] || [ -n "$line" ]; then
      echo "said $line"
    elif [ "$ended" -le 128 ]; then
      echo "closed "
    elif [ "$5" = - ]; then
      echo "silent "
    else
      now=$(held "$@") || { echo "blind "; exit; }
      while read -r one; do
        [ -z "$one" ] || case "
$before
" in *"
$one
"*) ;; *) echo "takes "; exit ;; esac
      done <<<"$now"
      echo "untaken "
    fi
  ' bash "$address" "$port" "$kind" "$patience" "$dials" "$uid" </dev/null 2>&1
    # As coreutils and as busybox say that the time was over.
    case $? in 124 | 143) echo 'late ' ;; esac
  } | tr -cd '\40-\176\n' | head -n 1 | cut -c 1-120)
  said=${heard#* }
  case ${heard%% *}:$kind:$said in
    said:tcp:*) state=proven why='it speaks' ;;
    said:ssh:SSH-*) state=proven why=$said ;;
    said:http:HTTP/*) judge_status ;;
    said:*) why="it does not speak $kind: it said $said" ;;
    # ssh takes a connection before it has dialled far, so that an open one proves nothing. That the tunnel has one more to far does.
    takes:*)
      state=proven why='it takes the connection and keeps it open'
      if has_spoken; then state=unproven why='it said nothing within 5 s, and it has spoken first before'; fi
      ;;
    untaken:*) why='the tunnel has no connection to far for it' ;;
    blind:*) state=unknown why='the connections of the tunnel cannot be listed' ;;
    silent:*) why='it said nothing within 5 s' ;;
    closed:*) why='the connection was accepted and closed at once' ;;
    bash::*'Connection refused') why='nobody answers there' ;;
    bash::*'No route to host' | bash::*'timed out') why='no way leads there, or a firewall refuses it' ;;
    late:*) why='no answer in 10 s' ;;
    # Of what keeps us from asking nobody knows what a visitor would see.
    *) state=unknown why="nothing can be dialled from here: $said" ;;
  esac
}

# By its last proof.
has_spoken() {
  [ -s "$folder/history" ] && awk '$2 == "proven" { last = $3 " " $4 } END { exit last != "it speaks" }' "$folder/history"
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
exec 9<"$root"
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
if [ "$hooked" = - ] || [ "$state" = unknown ] || [ "${known:-$state}" = "$state" ]; then exit 0; fi
printf '%s %s\n' "$state" "$why" >"$folder/untold"
