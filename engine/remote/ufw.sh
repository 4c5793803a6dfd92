# ufw: rules with our comment go and come at the commit, each with a run of ufw.
# shellcheck shell=sh disable=SC2154,SC2034,SC3067

ufw_close() { # TAG
  # ufw writes comments in hexadecimal digits.
  hex=$(printf %s "$1" | od -An -v -tx1 | tr -d ' \n')
  for file in /etc/ufw/user.rules /etc/ufw/user6.rules; do
    [ ! -e "$file" ] || awk -v comment="comment=$hex" '
      $1 $2 $3 == "###tuple###" && $NF == comment {
        to = $7; from = $9
        if (to == "0.0.0.0/0" || to == "::/0") to = "any"
        if (from == "0.0.0.0/0" || from == "::/0") from = "any"
        device = $10
        on = sub(/^in_/, "", device) ? "in on " device " " : ""
        print "delete allow " on "proto tcp from " from " to " to " port " $6
      }' "$file"
    # One of both families is one rule.
  done | sort -u >>"$work/ufw"
}

ufw_open() { # TAG CONTENT: `[in on DEVICE] proto tcp from ADDRESS to ADDRESS port PORT` a line
  printf %b "$2" | while IFS= read -r words; do
    printf 'prepend allow %s comment\037%s\n' "$words" "$1"
  done >>"$work/ufw"
}

ufw_commit() {
  [ -s "$work/ufw" ] || return 0
  keep /etc/ufw/user.rules all
  keep /etc/ufw/user6.rules all
  ufw_lock_close
  # It has one rule of the same words, whosever it is: what one tunnel closes and another opens goes before it comes.
  for deed in delete prepend; do
    while IFS=$us read -r words tag <&4; do
      case $words in "$deed "*) ;; *) continue ;; esac
      # shellcheck disable=SC2086 # words are words
      ufw $words ${tag:+"$tag"} >"$work/complaint" 2>&1 || end_refused "ufw $words ${tag-}:
$(cat "$work/complaint")"
    done 4<"$work/ufw"
  done
  rm -f "$work/ufw"
}

# ufw's lock is a file that everybody may read, and so hold for ever (fcntl(2)). In its place comes one for root alone, with which whoever holds the
# old one holds nothing; but not while that is a run of ufw itself.
ufw_lock_close() {
  ufw_lock=/run/ufw.lock
  if [ ! -e "$ufw_lock" ] || [ "$(stat -c %a "$ufw_lock")" = 600 ]; then return 0; fi
  inode=$(stat -c %i "$ufw_lock")
  holders=$(awk -v end=":$inode" '$2 != "->" && substr($6, length($6) - length(end) + 1) == end { print $5 }' /proc/locks)
  for holder in $holders; do
    if [ -O "/proc/$holder" ]; then return 0; fi
  done
  (umask 077 && : >"$ufw_lock.ssh-tunnels")
  mv -f "$ufw_lock.ssh-tunnels" "$ufw_lock"
}
