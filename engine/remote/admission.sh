# What a look asks sshd of the login that makes a change: whether it lets that in once a drop-in of ours says something else. Reading only.
# shellcheck shell=sh disable=SC2034,SC2154

admin='' admin_drop_in='' admin_text='' login_keys=''

look_admin() { admin=$1 admin_drop_in=$2 admin_text=$3; } # USER PATH CONTENT, as file_put takes it
look_login_key() { # TYPE BASE64: one that the login may have used
  login_keys="$login_keys$1 $2;"
}

print_admission() { # PIDFILE
  unread=$(unread_of_others "$1")
  # What stands, and what sshd has read of it, is what we have come in by.
  if [ -n "$unread" ]; then
    : "${admin:=${SUDO_USER:-${DOAS_USER:-$(id -un)}}}"
  elif [ -z "$admin" ] || [ "$(printf %b "$admin_text"; echo end)" = "$(cat "$admin_drop_in" 2>/dev/null; echo end)" ]; then
    return 0
  fi
  IFS=' ' read -r from _ to port <<END
$(our_connection)
END
  [ -n "$port" ] && id -u "$admin" >/dev/null 2>&1 || return 0
  now_says=$(ask_admission)
  after_says=$now_says
  [ -z "$admin_drop_in" ] || after_says=$(candidate | ask_admission -f /dev/stdin)
  [ -n "$now_says" ] && [ -n "$after_says" ] || return 0
  # Where something else listens for sshd, what it says of ports does not count.
  if [ "$sshd_pid" = 0 ] || [ -n "$sshd_socket$each_taken" ]; then to='' port=''; fi
  printf '%s\n' "$(id -u "$admin")" "$(id -Gn "$admin")" "$from" "$to" "$port" | record admission "$admin"
  printf '%s\n' "$unread" | record unreadothers ''
  printf '%s\n' "$now_says" | record admits now
  printf '%s\n' "$after_says" | record admits after
  [ -n "$login_keys" ] || return 0
  print_login_keys "$now_says" | record loginkeys now
  print_login_keys "$after_says" | record loginkeys after
}

# Files that are not ours and that the running sshd has not read: by when they came to say what they say, which cp -p and packages do not hide.
unread_of_others() { # PIDFILE
  running_sshd "$1" >/dev/null || return 0
  read_at=$(stat -c %Y "$1")
  sshd_files | while IFS= read -r file; do
    case $file in "$sshd_folder"/10-ssh-tunnels*) continue ;; esac
    [ "$(stat -L -c %Z "$file")" -le "$read_at" ] || echo "$file"
  done
}

ask_admission() { # OPTIONS
  ask_sshd -T "$@" -C "user=$admin,host=$from,addr=$from,laddr=$to,lport=$port" 2>/dev/null | grep -E '^(permitrootlogin|pubkeyauthentication|pubkeyaccepted[a-z]*|authenticationmethods|authorizedkeys[a-z]*|trustedusercakeys|forcecommand|chrootdirectory|requiredrsasize|listenaddress|allowtcpforwarding|disableforwarding|permitopen|(allow|deny)(users|groups)) '
}

# sshd's configuration as it would be, with our drop-in in place of the one that stands. No file is made for that: what ours says for everybody comes first,
# as the file itself does, and its own blocks last, for no other may be about the rest of the file. What they say adds up, wherever they stand.
candidate() {
  printf %b "$admin_text" | sed '/^Match /,$d'
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
      *[Ii][Nn][Cc][Ll][Uu][Dd][Ee]*) includes_but_ours "$line" ;;
      *) printf '%s\n' "$line" ;;
    esac
  done <"$sshd_main"
  echo
  printf %b "$admin_text" | sed -n '/^Match /,$p'
}

includes_but_ours() { # LINE
  patterns=$(printf '%s\n' "$1" | awk '
    { gsub(/["=\t]/, " "); sub(/(^| )#.*/, "") }
    tolower($1) == "include" { for (one = 2; one <= NF; one++) print ($one ~ /^\//) ? $one : "/etc/ssh/" $one }')
  [ -n "$patterns" ] || { printf '%s\n' "$1"; return 0; }
  for file in $patterns; do
    [ ! -f "$file" ] || [ "$file" = "$admin_drop_in" ] || echo "Include $file"
  done
}

# Those of the login's keys that stand in the files of AuthorizedKeysFile, see TOKENS in sshd_config(5).
print_login_keys() { # EFFECTIVE
  printf '%s\n' "$1" | sed -n 's/^authorizedkeysfile //p' | tr ' ' '\n' |
    awk -v home="$(getent passwd "$admin" | cut -d : -f 6)" -v user="$admin" -v uid="$(id -u "$admin")" '
      $0 == "none" || $0 == "" { next }
      {
        path = ""
        for (at = 1; at <= length($0); at++) {
          one = substr($0, at, 1)
          if (one == "%") {
            one = substr($0, ++at, 1)
            one = one == "h" ? home : one == "u" ? user : one == "U" ? uid : one
          }
          path = path one
        }
        if (path !~ /^\//) path = home "/" path
        print path
      }' |
    while IFS= read -r file; do
      [ ! -f "$file" ] || grep -v '^[[:space:]]*#' "$file"
    done | awk -v keys="$login_keys" '
      BEGIN { for (rest = split(keys, key, ";"); rest > 0; rest--) if (key[rest] != "") wanted[key[rest]] }
      { for (key_ in wanted) if (index(" " $0 " ", " " key_ " ") && !told[key_]++) print key_ }'
}
