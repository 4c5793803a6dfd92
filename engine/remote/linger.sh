# Lingering, by which systemd runs a user's units from boot on: switched on for our tunnels where it was not, and off with the last of them.
# shellcheck shell=sh disable=SC2154

# First the note: of lingering alone nobody could tell who has switched it on.
linger_on() {
  [ "$(lingers)" != on ] || return 0
  folder_make "$our_root"
  : >"$linger_note"
  loginctl enable-linger
  # It starts the manager, which takes a moment.
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
    if [ -S "$run_root/systemd/private" ] && systemctl show --property=Version >/dev/null 2>&1; then return 0; fi
    sleep 0.2
  done
  echo "lingering is on, and the user's systemd does not answer" >&2
  return 1
}

# At the end of each batch. Where we may not any more it stays as it is, and the note with it.
linger_sweep() {
  linger_is_idle || return 0
  if [ "$(lingers)" != on ] || loginctl disable-linger; then rm -f "$linger_note"; fi
}
