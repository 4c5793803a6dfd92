# Reading key files: the public half of each, and of a key that ssh would refuse nothing.
# shellcheck shell=sh disable=SC2002

# Of each private key the public half: an unencrypted Ed25519 key of OpenSSH's has it at a fixed place, in the clear (PROTOCOL.key). What ssh
# checks when it reads the file is checked here too. Of the rest only the comment is printed; other keys are ssh-keygen's to read.
public_keys() { # PATHS
  awk '
    function tell() {
      if (file == "") return
      if (substr(text, 1, 52) != "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAAB" || substr(text, 53, 24) != "AAAAMwAAAAtzc2gtZWQyNTUx") {
        print "other " file
        return
      }
      private = number(94)
      good = begun && ended && length(text) == 4 * int((98 + private + 2) / 3)
      # Two equal numbers; type and public half once more; a private half of its length; after the comment 1, 2, 3 up to the end.
      for (i = 98; i < 102; i++) good = good && byte(i) == byte(i + 4)
      for (i = 43; i < 94; i++) good = good && byte(i) == byte(i + 63)
      good = good && number(157) == 64 && (i = 229 + number(225)) <= 98 + private
      for (last = 1; good && i < 98 + private; i++) good = byte(i) == last++
      if (good) print "ed25519 " file " " substr(text, 53, 76) " " comment()
    }
    # As far as it is printable ASCII.
    function comment() {
      said = ""
      for (i = 229; i < 229 + number(225) && byte(i) > 31 && byte(i) < 127; i++) said = said sprintf("%c", byte(i))
      return said
    }
    function number(n) { return ((256 * byte(n) + byte(n + 1)) * 256 + byte(n + 2)) * 256 + byte(n + 3) }
    function byte(n) {
      four = 4 * int(n / 3) + 1
      if (n % 3 == 0) return 4 * at(four) + int(at(four + 1) / 16)
      if (n % 3 == 1) return 16 * (at(four + 1) % 16) + int(at(four + 2) / 4)
      return 64 * (at(four + 2) % 4) + at(four + 3)
    }
    function at(place) { return index("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", substr(text, place, 1)) - 1 }
    FNR == 1 { tell(); file = FILENAME; text = ""; ended = 0; begun = /^-----BEGIN OPENSSH [P]RIVATE KEY-----$/ }
    /^-----END/ { ended = 1 }
    !/^-----/ { text = text $0 }
    END { tell() }' "$@" | while read -r kind path rest; do
    if [ "$kind" = other ]; then
      # By a pipe, for of a file of its own ssh-keygen minds that its account may read it.
      rest=$(cat "$path" | ssh-keygen -y -P '' -f /dev/stdin 2>/dev/null)
    fi
    echo "$kind $path $rest"
  done
}
