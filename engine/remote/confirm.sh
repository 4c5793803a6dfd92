# Confirms a run that this host would undo, by who has just logged in; prints `confirmed`, or `undone`, what others have changed and what was said then.
# shellcheck shell=sh disable=SC2154
# With `undo` as second argument: undoes it at once; with `extend` and SECONDS: lets it wait for so long from now on. With `lost`, by who has not heard
# what became of the batch: waits for its end, and confirms it only where all its steps were done.
set -eu
export LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
folder=$guards/undo-$1
[ -d "$folder" ] || { echo gone; exit 0; }
how=${2-}
case $how in
  extend)
    guard_extend "$folder" "$3"
    exit 0
    ;;
  lost)
    waited=0
    while [ ! -e "$folder/ended" ] && guard_runs "$folder/batch" && [ "$waited" -lt 300 ]; do
      sleep 1
      waited=$((waited + 1))
    done
    [ "$(cat "$folder/ended" 2>/dev/null)" = 0 ] || how=undo
    ;;
esac
if [ "$how" = undo ]; then
  sh "$folder/undo" >/dev/null || :
elif mv "$folder/armed" "$folder/confirmed" 2>/dev/null || [ -e "$folder/confirmed" ]; then
  echo confirmed
  guard_forget "$folder"
  exit 0
fi
# Somebody undoes it just now.
waited=0
while [ ! -e "$folder/undone" ] && [ ! -e "$folder/partly" ] && [ "$waited" -lt 60 ]; do
  sleep 1
  waited=$((waited + 1))
done
[ -e "$folder/undone" ] || [ -e "$folder/partly" ] || { echo "it is being undone, and has not ended"; exit 1; }
echo undone
meanwhile_tell "$folder" || :
if is_undone_in_part "$folder"; then
  grep -E 'not all could be put back|sshd has not read' "$folder/said" || echo 'not all could be put back'
else
  guard_forget "$folder"
fi
