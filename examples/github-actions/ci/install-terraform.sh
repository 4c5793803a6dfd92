#!/bin/sh
# Puts Terraform into .bin/, unless the runner has one. GitHub's runners and GitLab's node image have none.
# Needs TERRAFORM_VERSION and TERRAFORM_SHA256, the checksum of its linux_amd64 zip (in the release's SHA256SUMS file).
set -eu
terraform=${TERRAFORM_BINARY_NAME:-terraform}
if ! command -v "$terraform" >/dev/null; then
  zip=terraform_${TERRAFORM_VERSION}_linux_amd64.zip
  mkdir -p .bin
  curl --silent --show-error --fail --location --retry 2 --output ".bin/$zip" \
    "${TERRAFORM_RELEASES:-https://releases.hashicorp.com/terraform}/$TERRAFORM_VERSION/$zip"
  echo "$TERRAFORM_SHA256  .bin/$zip" | sha256sum --check --quiet -
  unzip -qo ".bin/$zip" terraform -d .bin
  rm ".bin/$zip"
  terraform=.bin/terraform
fi
"$terraform" version
