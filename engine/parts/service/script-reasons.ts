// Why each line of a script that keeps a tunnel's ssh running is there. Pure.
import type { Line } from '../explained'
import { explainSsh, ofExec } from './unit-reasons'

/** What is this tunnel's own; what is the same for all is told in a line. */
export function explainScript(text: string): Line[] {
  const lines = text.split('\n')
  const from = lines.findIndex(line => line.startsWith('  exec "$@"'))
  const to = lines.indexOf('}', from)
  const words = lines.slice(from + 1, to).map(line => line.trim().replace(/ \\$/, ''))
  const right = lines.find(line => line.startsWith('right='))?.slice('right=,'.length)
  const shell = 'export SHELL=/bin/sh'
  return [
    ...(lines.includes(`  ${shell}`) ? [{ text: shell, why: ofExec.Environment ?? '', page: 'ssh_config(5)' }] : []),
    {
      text: `setpriv --reuid ... --no-new-privs --bounding-set=-all${right ? `,${right}` : ''} --pdeathsig TERM`,
      why: `ssh runs as the account of the tunnel, with ${right ? 'no right of root’s but opening a port below 1024' : 'no right of root’s'}, and ends with who keeps it`,
      page: 'setpriv(1)',
    },
    ...explainSsh(words.map(word => word.replaceAll("'", ''))),
    {
      text: 'start, stop, status, keep',
      why: 'however ssh ends, it begins anew: at once, then after an eighth of the time that it has been going wrong, at most a minute; many tunnels of one client start in turn; what ssh says is written down with its time',
      page: 'proc_pid_stat(5)',
    },
  ]
}
