// An ailment: what can be wrong with a tunnel, made on the lab, by which words the doctor has to know it, and what cures it.
import type { Lab } from '../../../../lab'

/** Other keys of the tunnel `web` and of the host `middle`. */
export interface Change {
  readonly web?: object
  readonly middle?: object
}

export interface Ailment {
  /** One of the tutorial's four, or what else it is. */
  readonly problem: 'firewall' | 'keepalive' | 'forwarding' | 'binding' | 'way in' | 'session' | 'far'
  readonly what: string
  /** The link of the chain that has to be named first, its code, and words of its sentence or its evidence. */
  readonly link: string
  readonly code?: string
  readonly says: readonly RegExp[]
  readonly make?: (lab: Lab) => Promise<unknown>
  /** What the spec says meanwhile. */
  readonly spec?: Change
  /** What the cure leaves, as somebody else's line that no longer wins. */
  readonly undo?: (lab: Lab) => Promise<unknown>
  /**
   * fix: `--fix` cures it. Else words of the cure that it tells: after which `undo` is that cure, or `--fix` once the spec says what it tells.
   */
  readonly cure: 'fix' | RegExp | { readonly says: RegExp; readonly spec: Change }
}

export const on = (host: 'near' | 'middle' | 'far', text: string) => (lab: Lab) => lab.hosts[host].sh(text)

export const dropIn = '/etc/ssh/sshd_config.d/10-ssh-tunnels-web.conf'
export const foreign = '/etc/ssh/sshd_config.d/00-local.conf'
export const main = '/etc/ssh/sshd_config'
export const reload = '(systemctl try-reload-or-restart ssh 2>/dev/null || systemctl try-reload-or-restart sshd)'
export const beginAnew = on('near', 'systemctl restart tunnel-web')

/** As an administrator does it; then ssh comes back under the new rules. */
export const withSshd = (text: string) => async (lab: Lab) => {
  await lab.hosts.middle.sh(`cp -a ${main} /root/sshd_config.before; ${text}; ${reload}`)
  await beginAnew(lab)
}
export const undoSshd = on('middle', `rm -f ${foreign}; cp -a /root/sshd_config.before ${main}; ${reload}`)

/** On the router, in the forward chain; the interfaces are called as the hosts behind them. */
export const closeBetween = (rule: string) => (lab: Lab) =>
  lab.onRouter(`nft 'table inet between { chain forward { type filter hook forward priority 5; ${rule}; }; }'`)
export const openBetween = (lab: Lab) => lab.onRouter('nft delete table inet between')
