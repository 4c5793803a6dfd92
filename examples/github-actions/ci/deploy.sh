#!/bin/sh
# Applies exactly the plan that plan.sh has saved in plan.tar, also in another job on another machine. Asks nothing.
# Terraform refuses a plan when the state has changed since, and a provider that is not the one that planned.
# Usage: ci/deploy.sh STACK
set -eu
stack=$1
# shellcheck source-path=SCRIPTDIR source=setup.sh
. "$(dirname "$0")/setup.sh"
terraform=${TERRAFORM_BINARY_NAME:-terraform}
folder=cdktf.out/stacks/$stack

rm -rf "$folder"
mkdir -p cdktf.out/stacks
tar -xf plan.tar -C cdktf.out/stacks
cd "$folder" # not -chdir: Terraform looks for terraform.d where it is started (1.11)
"$terraform" init -input=false -lockfile=readonly
"$terraform" apply -input=false plan
