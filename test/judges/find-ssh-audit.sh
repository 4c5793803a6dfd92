#!/bin/sh
# Prints the path of ssh-audit's program, from PyPI.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
version=3.9.0
home=$("$here/make-venv.sh" "ssh-audit-$version" --no-deps "ssh-audit==$version")
echo "$home/bin/ssh-audit"
