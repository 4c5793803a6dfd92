# Files: replaced whole and atomically, removed together with a folder that gets empty.
# shellcheck shell=sh disable=SC2154,SC2034

decode() { printf '%s' "$1" | base64 -d; }

file_put() { # PATH MODE BASE64
  mkdir -p "${1%/*}"
  new=$(mktemp "${1%/*}/.ssh-tunnels.XXXXXX")
  decode "$3" >"$new"
  chmod "$2" "$new"
  # A folder with the setgid bit would give it another group.
  chown root:root "$new"
  mv -f "$new" "$1"
  new=''
}

# Removes the temporary of a step that was stopped, and our folder if it was made for that.
drop_new() {
  if [ -n "${new-}" ]; then
    rm -rf -- "$new"
    files_remove "$new" ''
  fi
}

files_remove() { # PATH [PATH]
  rm -f -- "$1"
  [ -z "${2-}" ] || rm -f -- "$2"
  # Our own folders only, and only when nothing is left in them.
  case $1 in
    /etc/ssh-tunnels/*/*)
      # What a step left that was killed.
      rm -rf -- "${1%/*}"/.ssh-tunnels.*
      rmdir "${1%/*}" 2>/dev/null || :
      rmdir /etc/ssh-tunnels 2>/dev/null || :
      ;;
  esac
}

# Keeps PATH as it is now: a batch that ends before the commit puts it back.
keep() { # PATH
  next=$((${kept:-0} + 1))
  printf '%s\n' "$1" >"$work/kept-$next.path"
  [ ! -e "$1" ] || cp -p "$1" "$work/kept-$next"
  # It counts only now: what has no copy would be taken for a file that was not there.
  kept=$next
}

restore_kept() {
  while [ "${kept:-0}" -gt 0 ]; do
    IFS= read -r path <"$work/kept-$kept.path"
    if [ -e "$work/kept-$kept" ]; then
      # The file may have been the last one in its folder.
      mkdir -p "${path%/*}"
      cp -p "$work/kept-$kept" "${path%/*}/.ssh-tunnels.back" &&
        mv -f "${path%/*}/.ssh-tunnels.back" "$path"
    else
      files_remove "$path" ''
    fi
    kept=$((kept - 1))
  done
}
