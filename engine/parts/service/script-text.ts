// The text of the script that keeps a tunnel's ssh running where systemd does not: what is this tunnel's own, and behind it what is the same for all.
import { scripts } from '../../remote/texts'
import { initScript, ownScript, unitOf } from '../paths'
import type { SupervisorName } from '../snapshot'
import { markOf, sshWords, type UnitPlan } from './unit-plan'

type Scripting = Exclude<SupervisorName, 'systemd' | 'systemd-user'>

export function scriptText(supervisor: Scripting, unit: UnitPlan): string {
  const isOpenrc = supervisor === 'openrc'
  const self = (supervisor === 'pidfile' ? ownScript : initScript)(unitOf(unit.tunnel))
  const first = isOpenrc ? '#!/sbin/openrc-run' : '#!/bin/sh'
  const [ssh = '', ...words] = sshWords(unit).map(quoteWords)
  return `${first}
${markOf(unit)}${supervisor === 'sysvinit' ? lsbHeader(unit) : ''}
tunnel=${unit.tunnel} account=${unit.account} self=${self}
# What it may do of root's; see capabilities(7).
right=${unit.bindsPrivileged ? ',+net_bind_service' : ''}
with_ssh() {
${unit.jumps ? '  export SHELL=/bin/sh\n' : ''}  exec "$@" \\
    ${[ssh, ...words].join(' \\\n    ')}
}

${withoutComments(scripts.supervise.text)}
${isOpenrc ? openrcEnd(unit) : end}`
}

/** In the form of update-rc.d(8) and insserv(8). */
const lsbHeader = ({ tunnel, description }: UnitPlan): string => `### BEGIN INIT INFO
# Provides:          tunnel-${tunnel}
# Required-Start:    $network $remote_fs
# Required-Stop:     $network $remote_fs
# Should-Start:      ssh sshd
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: SSH tunnel ${description}
### END INIT INFO
`

const openrcEnd = ({ description }: UnitPlan): string => `description=${quoteWord(`SSH tunnel ${description}`)}
depend() {
  use net dns logger
  after sshd ssh firewall
}
# It is this that start() runs by itself.
[ "\${1-}" != keep ] || keep
`

const end = `case \${1-} in
  start | stop | status | keep) "$1" ;;
  restart | force-reload) stop && start ;;
  *)
    echo "$0 start | stop | restart | status" >&2
    exit 64
    ;;
esac
`

const withoutComments = (text: string): string =>
  text
    .split('\n')
    .filter(line => line !== '' && !/^\s*#/.test(line))
    .join('\n')

const quoteWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
const quoteWords = (words: string): string => words.split(' ').map(quoteWord).join(' ')
