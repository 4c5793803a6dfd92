#!/bin/sh
# Prints the path of tofusoup's program, with exactly the packages of requirements.txt.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
wanted=$(sha256sum "$here/requirements.txt" | cut -c1-8)
home=$("$here/make-venv.sh" "tofusoup-$wanted" --no-deps --requirement "$here/requirements.txt")
echo "$home/bin/soup"
