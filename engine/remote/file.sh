# Files: replaced whole and atomically.
# shellcheck shell=sh disable=SC2154,SC2034

# CONTENT is the file's text with \\ for a backslash, \n for a line end and \0ooo for other bytes: printf is built in, and takes no process.
file_put() { # PATH MODE CONTENT
  folder_make "${1%/*}"
  # Nobody but root writes in these folders, and one batch at a time.
  new=${1%/*}/.ssh-tunnels.$$
  rm_left "$new"
  case $2 in
    644) printf %b "$3" >"$new" ;;
    600 | 640)
      umask $((677 - $2))
      printf %b "$3" >"$new"
      umask 022
      ;;
    *)
      (umask 077 && printf %b "$3" >"$new")
      chmod "$2" "$new"
      ;;
  esac
  # A folder with the setgid bit would give it another group.
  [ ! -g "${1%/*}" ] || chown root:root "$new"
  mv -f "$new" "$1"
  new=''
}

rm_left() { # PATH: what a killed step left under the name that we are about to use
  if [ -e "$1" ] || [ -L "$1" ]; then rm -rf -- "$1"; fi
}

# What batches left that were killed. What cannot be cleared stands in nobody's way: the next look tells of it.
clear_left() {
  found=$(ours_left)
  [ -n "$found" ] || return 0
  [ ! -e "$unfinished" ] || finish_accounts
  printf '%s\n' "$found" | while IFS= read -r left; do
    case $left in
      "$before") backups_restore ;;
      *' (our Include)') sshd_exclude "${left%' (our Include)'}" ;;
      # This batch undoes it.
      *' (unconfirmed)') ;;
      "$guards"/undo-*) guard_forget "${left%' (undone)'}" ;;
      "/etc/systemd/system/$guard_unit") guard_forget_boot ;;
      # Accounts that could not be finished stand in it; and folders are swept at the end.
      "$unfinished" | "$folders" | "$linger_note") ;;
      *) is_made "$left" || rm_left "$left" ;;
    esac
    case $left in
      "$before".new | "$unfinished" | "$unfinished".new) rmdir "${left%/*}" 2>/dev/null || : ;;
    esac
  done
}

# Removes the temporary of a step that was stopped.
drop_new() {
  [ -z "${new-}" ] || rm -rf -- "$new" "$new.pub"
}

files_remove() { # PATH [PATH]
  rm -f -- "$1" ${2:+"$2"}
}

# Keeps PATH as it is now: a batch that ends before the commit puts it back. With ALL it is changed for all, not for the step that does it.
keep() { # PATH [ALL]
  log_file "$1"
  kept="$logged ${kept-}"
  if [ -z "${2-}" ]; then
    own="${own-} $step:$logged"
  else
    for_all="${for_all-} $step:$logged"
    : >"$log/$logged.shared"
  fi
}

# Who reads the files has been told of them: from here on nothing is put back.
keep_all_new() {
  kept='' own='' for_all=''
}

# The last first.
restore_kept() {
  for entry in ${kept-}; do log_put_back "$log" "$entry"; done
  kept=''
}

put_copy() { # COPY PATH; without a copy there is no file
  if [ -e "$1" ] || [ -L "$1" ]; then
    # The file may have been the last one in its folder.
    folder_make "${2%/*}"
    cp -pP "$1" "${2%/*}/.ssh-tunnels.back" && mv -f "${2%/*}/.ssh-tunnels.back" "$2"
  else
    files_remove "$2" ''
  fi
}
