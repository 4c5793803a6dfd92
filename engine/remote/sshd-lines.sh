# What a look asks sshd of lines that are to stand for everybody: what it makes of each alone, and whom it lets in. Reading only.
# shellcheck shell=sh disable=SC2154

print_sshd_lines() { # EFFECTIVE: what sshd says for everybody
  [ -z "$sshd_users" ] || print_sshd_users
  [ -n "$sshd_lines" ] || return 0
  printf '%s\n' "$1" | record sshdsays ''
  # Of an option that it does not know, as -V was before 9.3, it says the version too.
  sshd -V 2>&1 | sed -n 's/.*\(OpenSSH_[^ ,]*\).*/\1/p' | sed 1q | record sshdversion ''
  complaint=$(sshd_alone "$sshd_lines" -t 2>&1 >/dev/null) || printf '%s\n' "$complaint" | record sshdrefuses ''
  without=$(sshd_alone '' -T 2>/dev/null)
  printf '%s' "$sshd_lines" | while IFS= read -r line; do
    # One that needs another of them is told with all.
    alone=$(sshd_alone "$line" -T 2>/dev/null) || alone=$(sshd_alone "$sshd_lines" -T 2>/dev/null) || alone=''
    printf '%s\n\n%s\n' "$without" "$alone" | lines_of "${line%% *}" | record sshdline "$line"
  done
}

# What sshd says of a file of LINES and nothing else, but for the host keys, without which it says nothing.
sshd_alone() { # LINES OPTION
  {
    printf '%s\n' "$1"
    printf '%s\n' "$hostkeys" | sed 's/^./HostKey &/'
  } | sshd "$2" -f /dev/stdin
}

# Of what it says with a line, behind what it says without: the keyword's, or else what differs, for a keyword may have another name.
lines_of() { # KEYWORD
  awk -v keyword="$1" '
    BEGIN { keyword = tolower(keyword) }
    !behind { if ($0 == "") behind = 1; else before[$0] = 1; next }
    $1 == keyword { own = own $0 "\n" }
    !($0 in before) && $1 != "hostkey" && NF { other = other $0 "\n" }
    END { printf "%s", own != "" ? own : other }'
}

print_sshd_users() {
  printf '%s' "$sshd_users" | while IFS=$us read -r name user from; do
    effective_for "$user" "$from" 127.0.0.1 22 | grep -E '^(allow|deny)(users|groups) ' | record effective "$name"
    ! groups=$(id -Gn "$user" 2>/dev/null) || printf '%s\n' "$groups" | record groups "$user"
  done
}
