#!/bin/sh
# Every mistake in the specs, with line and column. Asks no host and needs no secret.
# Usage: ci/validate.sh SPEC...
set -eu
npx --no-install ssh-tunnels validate "$@"
