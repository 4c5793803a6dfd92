# Folders that ours need and that were not there: a list names them, and they go when nothing is left in them. A folder that stood stays, empty too.
# shellcheck shell=sh disable=SC2154

folder_make() { # PATH
  if [ -z "$1" ] || [ -d "$1" ]; then return 0; fi
  folder_make "${1%/*}"
  # That of the list goes with the list.
  [ -d "${folders%/*}" ] || mkdir -p ${as_user:+-m 700} "${folders%/*}"
  [ "$1" != "${folders%/*}" ] || return 0
  # First: of a folder alone nobody could tell whose it is.
  printf '%s\n' "$1" >>"$folders"
  mkdir "$1"
}

is_made() { # PATH
  [ -e "$folders" ] && grep -qxF "$1" "$folders"
}

# At the end of each batch. What else has come into one of them keeps it.
folders_sweep() {
  [ -e "$folders" ] || return 0
  rest=$(sort -ru "$folders" | while IFS= read -r made; do
    if [ -d "$made" ] && { ! is_empty "$made" || ! rmdir "$made" 2>/dev/null; }; then echo "$made"; fi
  done)
  if [ -z "$rest" ]; then
    rm -f "$folders" "$folders.new"
    rmdir "${folders%/*}" 2>/dev/null || :
  elif [ "$rest" != "$(cat "$folders")" ]; then
    printf '%s\n' "$rest" >"$folders.new"
    mv -f "$folders.new" "$folders"
  fi
}
