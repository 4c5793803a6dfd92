#!/bin/sh
# Compares the hosts with the spec: exit status 0 when they agree, 2 with the differences when they do not, 1 for an error.
# Needs neither Terraform nor its state.
# Usage: ci/check-drift.sh SPEC
set -eu
# shellcheck source-path=SCRIPTDIR source=setup.sh
. "$(dirname "$0")/setup.sh"
npx --no-install ssh-tunnels plan "$1" --detailed-exitcode
