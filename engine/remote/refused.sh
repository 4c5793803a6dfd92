# Whose change a check refuses: of many that are checked at once, found by halving, so that those of others go on without it.
# shellcheck shell=sh disable=SC2086,SC2154,SC2034

# Checks all kept changes at once. What is refused is told, each with its words, before the batch ends.
check_kept() { # CHECK: a function that leaves its words in $complaint
  if "$1"; then return 0; fi
  check=$1 whole=$complaint
  for entry in ${kept-}; do
    IFS= read -r path <"$log/$entry.path"
    [ ! -e "$path" ] || cp -p "$path" "$work/new-$entry"
  done
  again=${kept-}
  restore_kept
  kept=$again
  # What was there before is nobody's here.
  if "$check" && try_kept ${for_all-}; then find_refused try_kept ${own-}; fi
  end_refused "$whole"
}

# Which of ITEMS do not go together with those before them; those that do stay tried. ITEMS are numbers, and what TRY takes.
find_refused() { # TRY ITEMS
  if "$@"; then return 0; fi
  if [ $# -eq 2 ]; then
    tell_refused "$2"
    return 0
  fi
  try=$1
  shift
  half=$(($# / 2)) first='' rest=''
  for one in "$@"; do
    if [ "$half" -gt 0 ]; then first="$first $one"; else rest="$rest $one"; fi
    half=$((half - 1))
  done
  # A function's arguments are its own, its variables are not.
  set -- "$try" "$first" "$rest"
  find_refused "$1" $2
  find_refused "$1" $3
}

tell_refused() { # STEP[:NUMBER]
  printf '%s\n' "$complaint" | record refused "${1%%:*}"
}

end_refused() { # WORDS
  printf '%s\n' "$1" >&2
  exit 78
}

try_kept() { # STEP:NUMBER...
  for one in "$@"; do
    IFS= read -r path <"$log/${one#*:}.path"
    put_copy "$work/new-${one#*:}" "$path"
  done
  if "$check"; then return 0; fi
  for one in "$@"; do log_put_back "$log" "${one#*:}"; done
  return 1
}
