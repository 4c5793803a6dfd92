#!/bin/sh
# Posts a file as a comment on the pull or merge request. GitHub and GitLab take the same request.
# Usage: ci/comment.sh FILE    Needs COMMENT_URL and COMMENT_TOKEN.
set -eu
node -e 'process.stdout.write(JSON.stringify({ body: require("fs").readFileSync(process.argv[1], "utf8") }))' "$1" >comment.json
# The token comes by standard input: everybody on the machine can read a command line.
printf 'header = "Authorization: Bearer %s"\n' "$COMMENT_TOKEN" |
  curl --config - --silent --show-error --fail --retry 2 --output /dev/null \
    --header 'Content-Type: application/json' --data-binary @comment.json "$COMMENT_URL"
