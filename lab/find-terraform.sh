#!/bin/sh
# Prints the path of a Terraform >= 1.5 or an OpenTofu: TERRAFORM_BINARY_NAME, or one on PATH, or an OpenTofu that is built from its
# Go module into the user's cache, once.
set -eu
tofu_version=1.12.6
go_wanted=1.26.6
cached=${XDG_CACHE_HOME:-$HOME/.cache}/cdktf-ssh-tunnels/tofu-$tofu_version/tofu

at_least() { # VERSION WANTED
  [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]
}

# Prints PATH and succeeds when it is a Terraform or OpenTofu that is new enough.
usable() { # PATH
  path=$(command -v "$1") || return 1
  # A CLI configuration file that is not there would print a warning into the answer.
  version=$(env -u TF_CLI_CONFIG_FILE CHECKPOINT_DISABLE=1 "$path" version 2>/dev/null | sed -n '1s/^[A-Za-z]* v\([0-9.]*\).*/\1/p')
  [ -n "$version" ] && at_least "$version" 1.5 && printf '%s\n' "$path"
}

if [ -n "${TERRAFORM_BINARY_NAME-}" ]; then
  usable "$TERRAFORM_BINARY_NAME" && exit
  echo "TERRAFORM_BINARY_NAME is $TERRAFORM_BINARY_NAME: that is no Terraform >= 1.5 or OpenTofu" >&2
  exit 1
fi
usable terraform && exit
usable tofu && exit
usable "$cached" && exit

go=$(command -v go) || go=
if [ -z "$go" ] || ! at_least "$("$go" env GOVERSION | sed 's/^go//')" "$go_wanted"; then
  cat >&2 <<TEXT
There is no Terraform >= 1.5 and no OpenTofu here. Do one of these:
- install Terraform or OpenTofu, so that terraform or tofu is on PATH
- set TERRAFORM_BINARY_NAME to the path of one
- install Go >= $go_wanted: OpenTofu $tofu_version is then built from its source, once, in about five minutes
TEXT
  exit 1
fi
echo "building OpenTofu $tofu_version from its Go module into ${cached%/*}, once, in about five minutes" >&2
source=$("$go" mod download -json "github.com/opentofu/opentofu@v$tofu_version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
mkdir -p "${cached%/*}"
# Its go.mod has replace directives, which `go install` refuses: build in the module's own folder.
(cd "$source" && "$go" build -o "$cached.new" ./cmd/tofu) >"$cached.log" 2>&1 || {
  cat "$cached.log" >&2
  exit 1
}
mv "$cached.new" "$cached"
printf '%s\n' "$cached"
