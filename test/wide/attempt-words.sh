# What attempts are made of, each in its own folder $place: $config says as whom ssh goes, $root is set for who may everything, and $stays where
# ssh is not done with. Read by `sh`, on the hosts.
# shellcheck shell=sh disable=SC2154
mkdir -p "/root/attempts/$place" && cd "/root/attempts/$place" && ln -sf ../word ../agent . || exit
trap let_go EXIT

go() { timeout 15 ssh -F "$config" "$@"; }
sftp_() { timeout 15 sftp -F "$config" "$@"; }
scp_() { timeout 15 scp -F "$config" "$@"; }

# ssh that stays, as a master: returns when its remote forwards are answered for.
hold() {
  timeout 15 ssh -F "$config" -f -N -M -S held "$@" door >said 2>&1 </dev/null
  head -n 40 said >&2
}

# From here on ssh asks for all ports below 501, and for those around the one that the tunnel has: as many as sshd has file descriptors for.
all_around() {
  { cat "$config" && echo 'Host door' && { seq 500 && seq 7900 8299; } | grep -vx 8080 |
    sed 's/.*/  RemoteForward 203.0.113.20:& 127.0.0.1:8001/'; } >around.conf
  config=around.conf
}

# The same with a command, which has begun when this returns.
hold_on() {
  timeout 60 ssh -F "$config" -M -S held "$@" 'echo begun; exec tail -f /dev/null' >said 2>&1 </dev/null &
  pid=$!
  until grep -q ^begun said || ! kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
  cat said >&2
}

# Requests are answered in their order: what was asked for before has been answered, too.
await_answer() { go -S held -O forward -R 127.0.0.1:0:127.0.0.1:8001 door; }

# SSH_FXP_INIT of version 3, whose answer names extensions; the server would not answer who has ended already.
greet_sftp() {
  mkfifo heard
  { printf '\0\0\0\5\1\0\0\0\3' && read -r _ <heard; } | go -s door sftp | {
    head -c 37 | grep -aq posix-rename
    greeted=$?
    echo >heard
    return $greeted
  }
}

# Where the effect is on the other side, the master stays until that has been seen.
let_go() {
  [ -z "${stays-}" ] || return
  if [ -e held ]; then timeout 5 ssh -F "$config" -S held -O exit door 2>/dev/null; fi
  rm -rf "/root/attempts/$place"
}

word_of() { go -W "$1" door </dev/null; }
banner_of() { go -W "$1" door </dev/null | grep -aq '^SSH-2\.0' && cat word; }
page_of() { # TO WORDS of ssh
  to=$1
  shift
  ask_page | go "$@" -W "$to" door
}
ask_page() { printf 'GET /word HTTP/1.0\r\n\r\n'; }

read_from() { nc -w 3 "$1" "$2" </dev/null; }
socks() { nc -w 3 -X "$1" -x 127.0.0.1:1080 "$2" "$3"; }

# Whatever listens on ADDRESS, or everywhere, beside sshd and what always does.
read_from_any() { # ADDRESS
  ss -Hltn | awk '{ print $4 }' | sed 's/.*://' | grep -vxE '22|8001' | sort -u | head -n 3 | while read -r port; do read_from "$1" "$port"; done
}
stands() { ss -Hltn "sport = :$1" | grep -q .; }

# A login by a secret that is guessed: the account's name.
guess() { # METHOD
  SSH_ASKPASS=/root/attempts/askpass SSH_ASKPASS_REQUIRE=force go -o BatchMode=no -o NumberOfPasswordPrompts=1 \
    -o PubkeyAuthentication=no -o PreferredAuthentications="$1" door cat /etc/word
}

# From here on a key goes that the stolen one has signed.
certify() {
  key=$(sed -n 's/^ *IdentityFile //p' "$config" | head -n 1)
  ssh-keygen -q -t ed25519 -N '' -f fresh && ssh-keygen -q -s "$key" -I fresh -n tun-pub,everything fresh.pub || return
  sed "s,^\( *IdentityFile\) .*,\1 $PWD/fresh," "$config" >fresh.conf
  config=fresh.conf
}

# A shell text as the tunnel's account; who may everything leaves all as it was.
as_account() { # TEXT
  if [ -z "${root-}" ]; then
    setpriv --reuid=tun-pub --regid=tun-pub --clear-groups sh -c "$1"
    return
  fi
  tar -C / -cf kept.tar etc/ssh-tunnels etc/ssh etc/systemd/system
  sh -c "$1"
  rm -f /etc/ssh-tunnels/pub/new /etc/ssh/sshd_config.d/00-new.conf
  tar -C / -xf kept.tar
  [ ! -e /etc/systemd/system/tunnel-dial.service ] || systemctl start tunnel-dial
}
