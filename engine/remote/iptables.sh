# iptables, in nftables and beside it: rules of ours go and come at the commit; the file that the host loads at boot keeps them.
# shellcheck shell=sh disable=SC2154,SC2034

# A load is a line: BACKEND FAMILY TABLE and the rule, -D or -I in front.
iptables_close() { # TAG
  for backend in nft legacy; do
    for family in ip ip6; do
      save=$(iptables_tables "$backend" "$family") || continue
      [ -e "$work/saved-$backend-$family" ] || "$save-save" >"$work/saved-$backend-$family" 2>/dev/null || continue
      awk -v tag="--comment \"$1\"" -v to="$backend $family" '
        /^\*/ { table = substr($1, 2) }
        /^-A / && index($0, tag " ") { print to, table, "-D" substr($0, 3) }
      ' "$work/saved-$backend-$family" >>"$work/iptables"
    done
  done
}

# Its program, where there may be rules: running iptables-legacy where it has no tables would make them.
iptables_tables() { # BACKEND FAMILY
  [ "$1" = nft ] || has_legacy "$2" || return 1
  iptables_program "$2" "$1"
}

iptables_open() { # CONTENT
  printf %b "$1" >>"$work/iptables"
}

# PATH keeps these rules of TAG and no others; CONTENT: TABLE and the rule a line, each goes before the first of its chain.
iptables_keep() { # PATH TAG CONTENT
  keep "$1" all
  new=${1%/*}/.ssh-tunnels.$$
  rm_left "$new"
  cp -p "$1" "$new"
  printf %b "$3" >"$work/rules-kept"
  awk -v tag="--comment \"$2\"" -v rules="$work/rules-kept" '
    BEGIN { while ((getline line < rules) > 0) wanted[++count] = line }
    function put(chain, index_, words) {
      for (index_ = 1; index_ <= count; index_++) {
        split(wanted[index_], words, " ")
        if (words[1] == table && (chain == "" || words[3] == chain) && !(index_ in done)) {
          print substr(wanted[index_], length(words[1]) + 2)
          done[index_] = 1
        }
      }
    }
    index($0, tag " ") { next }
    /^\*/ { table = substr($1, 2) }
    /^(\[[0-9:]*\] )?-A / { put($1 == "-A" ? $2 : $3) }
    /^COMMIT/ { put("") }
    { print }
  ' "$1" >"$new"
  # awk ends every line.
  if [ -n "$(tail -c 1 "$1")" ]; then printf '%s' "$(cat "$new")" >"$work/rules-kept" && cat "$work/rules-kept" >"$new"; fi
  mv -f "$new" "$1"
  new=''
  case " ${kept_iptables-} " in *" $1 "*) ;; *) kept_iptables="${kept_iptables-} $1" ;; esac
}

iptables_commit() {
  for file in ${kept_iptables-}; do
    case $file in *6*) family=ip6 ;; *) family=ip ;; esac
    restore=$(iptables_program "$family" nft || iptables_program "$family" legacy) || continue
    "$restore-restore" --test <"$file" 2>"$work/complaint" || iptables_refused "$file would not load any more"
  done
  kept_iptables=''
  [ -s "$work/iptables" ] || return 0
  iptables_behind_bans
  # All of them are tried before the first is loaded.
  for mode in --test ''; do
    for backend in nft legacy; do
      for family in ip ip6; do
        awk -v to="$backend $family" '
          $1 " " $2 == to {
            if (!($3 in lines)) order[++tables] = $3
            lines[$3] = lines[$3] substr($0, length(to $3) + 3) "\n"
          }
          END { for (number = 1; number <= tables; number++) printf "*%s\n%sCOMMIT\n", order[number], lines[order[number]] }
        ' "$work/iptables" >"$work/restore"
        [ -s "$work/restore" ] || continue
        restore=$(iptables_program "$family" "$backend")
        # shellcheck disable=SC2086 # no mode is no argument
        "$restore-restore" --noflush --wait=30 $mode <"$work/restore" 2>"$work/complaint" ||
          iptables_refused "$restore-restore does not load the rules"
      done
    done
  done
  rm -f "$work"/iptables "$work"/saved-* "$work"/restore
}

# An accept at the head of a chain would let in whom fail2ban or the like has banned there: it goes behind the bans that stand first.
iptables_behind_bans() {
  : >"$work/placed"
  for backend in nft legacy; do
    for family in ip ip6; do
      grep -q "^$backend $family " "$work/iptables" || continue
      saved=$work/saved-$backend-$family
      save=$(iptables_program "$family" "$backend")
      [ -e "$saved" ] || "$save-save" >"$saved" 2>/dev/null
      awk -v to="$backend $family" -v lines="$work/iptables" '
        function is_ban(line) { return line ~ / -j (DROP|REJECT)( |$)/ && line !~ /!/ && line ~ / (-s [0-9a-f.:]+\/(32|128)|--match-set [^ ]+ src) / }
        BEGIN {
          while ((getline line < lines) > 0) if (index(line, to " ") == 1) {
            all[++count] = line
            if (split(line, word, " ") > 3 && word[4] == "-D") gone[word[3], substr(line, length(to word[3] word[4]) + 4)]
          }
        }
        /^\*/ { table = substr($1, 2) }
        /^-A / {
          chain = table SUBSEP $2
          if ((table, substr($0, 4)) in gone) next
          rules[chain]++
          rule[chain, rules[chain]] = $0
          if (!is_ban($0) && $0 !~ / -j RETURN$/) lets[chain]
        }
        # A chain that does nothing but ban.
        function bans(table, line) {
          if (is_ban(line)) return 1
          return match(line, / -j [^ ]+$/) && (table, substr(line, RSTART + 4)) in rules && !((table, substr(line, RSTART + 4)) in lets)
        }
        END {
          for (number = 1; number <= count; number++) {
            split(all[number], word, " ")
            place = 1
            chain = word[3] SUBSEP word[5]
            for (at = 1; word[4] == "-I" && at <= rules[chain]; at++) {
              if (bans(word[3], rule[chain, at])) place = at + 1
              else if (rule[chain, at] !~ /--comment "ssh-tunnels /) break
            }
            if (place > 1) sub(/ -I [^ ]+/, "& " place, all[number])
            print all[number]
          }
        }' "$saved" >>"$work/placed"
    done
  done
  mv "$work/placed" "$work/iptables"
}

iptables_refused() { # WORDS
  end_refused "$1:
$(cat "$work/complaint")"
}
