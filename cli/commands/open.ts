// `open`: a tunnel for now, from a spec or from a line like ssh's, in the foreground or not.
import type { Command } from '../command'
import { lines, passed } from '../open/asked'
import { inBackground } from '../open/background'
import { inForeground } from '../open/foreground'
import { json } from '../options'

export const open: Command = {
  name: 'open',
  takes: [{ name: 'DESTINATION', optional: true, many: true }],
  says: 'a tunnel for now: of a spec, or by a line like that of ssh; in the foreground, or with -f',
  example: 'ssh-tunnels open -f -L 8080:server935:80 root@203.0.113.20',
  more: `  open -L 8080:far:80 [-f] [-v] DESTINATION     as ssh -N would; also -R and -D, with colons or slashes
  open SPEC TUNNEL [-f] [-v]                    a tunnel of a spec whose client is this machine, with the login of its server
It runs the system's ssh with ExitOnForwardFailure, ServerAliveInterval 30, StrictHostKeyChecking and neither agent nor X11 forwarding,
and says when it listens. In the foreground Ctrl-C ends it. With -f it goes on under a name, its own or --name NAME, until
ssh-tunnels close NAME; nobody starts it again when it ends: that is what apply is for. What it says then is in its log.`,
  options: {
    json,
    ...lines,
    ...passed,
    nothing: { usage: '--nothing', short: 'N', says: 'as with ssh: no command; it never runs one' },
    background: { usage: '--background', short: 'f', says: 'go on in the background when it listens' },
    verbose: { usage: '--verbose', short: 'v', says: 'all that ssh says' },
    name: { usage: '--name NAME', says: 'what close calls it', takesValue: true },
  },
  run: words => (words.has('background') ? inBackground(words) : inForeground(words)),
}
