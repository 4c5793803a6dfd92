# What a look tells where it is no root's: who looks, and whether what he runs goes on when he is not logged in. Changes nothing.
# shellcheck shell=sh disable=SC2154

print_user() {
  id -un | record user ''
  lingers | record lingering ''
  echo | record nft ''
  echo 'only root is shown its rules' | record filterunknown ''
}

# on; may, where who looks may switch it on himself (loginctl(1), polkit(8)); or no.
lingers() {
  if [ -e "/var/lib/systemd/linger/$(id -un)" ]; then
    echo on
  elif has pkcheck && pkcheck --action-id org.freedesktop.login1.set-self-linger --process "$$" >/dev/null 2>&1; then
    echo may
  else
    echo no
  fi
}

# Whose files are who looks's own count as root's do, for nobody but he and root writes them.
as_owned() {
  as_called | sed "s/^\([0-9]* [0-9]*\) $(id -un):$(id -gn) /\1 root:root /"
}

# Stands where lingering was switched on for our tunnels.
linger_note=$our_root/.lingering

# Nobody needs it any more.
linger_is_idle() {
  [ -e "$linger_note" ] || return 1
  for one in "$our_root"/*/* "$unit_root"/tunnel-*.service; do
    if [ -e "$one" ]; then return 1; fi
  done
}
