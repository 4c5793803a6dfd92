#!/bin/sh
# Read with `.` by the other steps: the key goes from the environment into an ssh agent that ends with the step. It is on no disk.
# Needs SSH_PRIVATE_KEY, the text of an OpenSSH private key without a passphrase.
key=${SSH_PRIVATE_KEY:?the secret SSH_PRIVATE_KEY is not set}
unset SSH_PRIVATE_KEY
PATH=$PWD/.bin:$PATH # where install-terraform.sh puts it

eval "$(ssh-agent -s)" >/dev/null
trap 'ssh-agent -k >/dev/null' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
# printf is part of the shell, so the key is in no command line. Secrets often come without their last line end, or with Windows' ones.
printf '%s\n' "$key" | tr -d '\r' | ssh-add -q -
unset key
