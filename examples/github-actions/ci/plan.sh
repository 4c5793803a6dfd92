#!/bin/sh
# Plans a stack. Leaves plan.tar, which deploy.sh applies, and plan.md, the text for a comment.
# Usage: ci/plan.sh STACK
set -eu
stack=$1
# shellcheck source-path=SCRIPTDIR source=setup.sh
. "$(dirname "$0")/setup.sh"
folder=cdktf.out/stacks/$stack

npx --no-install cdktf diff "$stack" # writes the folder, and the file `plan` in it
text=$(cd "$folder" && "${TERRAFORM_BINARY_NAME:-terraform}" show -no-color plan)

# The last line that counts: "Plan: 1 to add, ..." or "No changes. ...". GitHub takes comments of up to 65536 characters.
summary=$(printf '%s\n' "$text" | grep -E '^(Plan:|No changes\.)' | head -n 1) || summary='Only outputs change.'
{
  printf '### Tunnels: %s\n\n%s\n\n' "$stack" "$summary"
  printf '<details><summary>Plan</summary>\n\n```\n'
  printf '%s\n' "$text" | head -c 60000
  printf '\n```\n\n</details>\n'
} >plan.md

# One archive, as artifacts lose the provider's executable bit and files that begin with a dot. .terraform/ is made anew by init.
tar -cf plan.tar -C cdktf.out/stacks --exclude=.terraform "$stack"
