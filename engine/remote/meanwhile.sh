# What somebody else changes while a run is armed, for whoever is told that nobody gets in: files of sshd and rules of the firewall that are not ours.
# shellcheck shell=sh disable=SC2154,SC3013

# Into the run's folder: how it stands before the first change. Our own reload lets sshd read for the first time what others have written.
meanwhile_note() { # FOLDER
  sshd_files >"$1/sshdfiles"
  meanwhile_see "$1" >"$1/others"
  unread_of_others "$(ask_sshd -T 2>/dev/null | sed -n 's/^pidfile //p')" | sed 's/$/: sshd had not read it before/' >"$1/unread"
}

# Those of then, and what has come since.
meanwhile_files() { # FOLDER
  { cat "$1/sshdfiles"; ls -d /etc/ssh/sshd_config.d/*.conf 2>/dev/null; } | sort -u | while IFS= read -r file; do
    case $file in */10-ssh-tunnels*) continue ;; esac
    [ ! -f "$file" ] || printf '%s\n' "$file"
  done
}

# A line each, whole by itself.
meanwhile_see() { # FOLDER
  meanwhile_files "$1" | while IFS= read -r file; do
    echo "$file: $(cksum <"$file")"
  done
  # Terse: sets may have very many elements. nft warns of tables of iptables'.
  nft -t -s list ruleset 2>/dev/null | awk '
    /^table / { table = $2 " " $3; next }
    /^\t[a-z]/ { chain = $1 " " $2; next }
    /^\t\t/ && !/ssh-tunnels/ && table !~ / ssh_tunnels_/ { sub(/^\t+/, ""); print "table " table ", " chain ": " $0 }
  '
  for family in ip ip6; do
    # Where iptables-legacy has no tables it would make them.
    ! grep -q . "/proc/net/${family}_tables_names" 2>/dev/null || "${family}tables-legacy-save" 2>/dev/null | awk -v family="$family" '
      /^\*/ { table = substr($0, 2) }
      /^[-:]/ && !/ssh-tunnels/ { sub(/ \[[0-9:]*\]$/, ""); print family "tables, table " table ": " $0 }
    '
  done
}

# What is not as it was then, and what sshd has read with our change.
meanwhile_tell() { # FOLDER
  [ -e "$1/others" ] || return 0
  [ ! -e "$1/unread" ] || sed 's/^/other: /' "$1/unread"
  meanwhile_see "$1" | awk -v before="$1/others" '
    BEGIN { while ((getline line <before) > 0) { stood[line]; split(line, word, ": "); if (line ~ "^/") file[word[1]] } }
    { split($0, word, ": "); seen[$0]; if ($0 ~ "^/") there[word[1]] }
    $0 in stood { next }
    /^\// { print "other: " word[1] (word[1] in file ? ": changed" : ": new"); next }
    { print "other: " $0 " (new)" }
    END {
      for (line in stood) if (!(line in seen)) {
        if (line !~ "^/") print "other: " line " (gone)"
        else { split(line, word, ": "); if (!(word[1] in there)) print "other: " word[1] ": gone" }
      }
    }
  '
}
