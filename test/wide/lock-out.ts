// An attempt to lock out who deploys, on every kind of host: what a spec says of the host, and what somebody else does there at the same time.
import type { ImageName } from '../../lab'
import type { Manager } from '../lab/firewall-managers'

export const groups = [
  'who may log in',
  'by what',
  'what runs then',
  'encryption',
  'connections',
  'firewall',
  'tunnels',
  'somebody else',
] as const

export type Group = (typeof groups)[number]

/** The host that is tried, its image, and who makes its rules. */
export interface Victim {
  readonly name: string
  readonly address: string
  readonly image: ImageName
  readonly manager: Manager
}

export interface LockOut {
  readonly group: Group
  /** Its row in docs/hosts.md. */
  readonly name: string
  /** As a spec says it of the host, beside its login. */
  readonly host?: object
  readonly tunnels?: (victim: Victim) => object
  /** A shell text for the host: what stands there before; and what takes that back. */
  readonly before?: string
  readonly after?: string
  /** A shell text for the host by somebody else, once our run is armed there; and what takes that back, once our command has ended. */
  readonly meanwhile?: (victim: Victim) => string
  readonly meanwhileBack?: (victim: Victim) => string
  /** What somebody else does keeps everybody out for as long as it stands, and the error has to say so, in these words among others. */
  readonly stands?: RegExp
}

/** An attempt by `sshd.extra`. */
export const extra = (group: Group, name: string, settings: object, more: Partial<LockOut> = {}): LockOut => ({
  group,
  name,
  host: { sshd: { extra: settings } },
  ...more,
})

/** Who logs in as an administrator in place of root. */
export const asAdmin = (sshd: object): Partial<LockOut> => ({ host: { user: 'admin', become: 'sudo', sshd } })

/** Lets sshd read its files, whoever runs it there. */
export const tellSshd =
  '{ systemctl try-reload-or-restart ssh sshd || kill -HUP "$(cat /run/sshd.pid)"; } >/dev/null 2>&1 || :'

/** The same, also where it has died. */
export const startSshd = `${tellSshd}; systemctl start ssh.socket ssh.service sshd.service 2>/dev/null || /etc/init.d/ssh start >/dev/null 2>&1 || :`

/** While a run is armed, and until it is undone or confirmed. */
export const whileArmed = (then: string) =>
  `while ls /var/lib/ssh-tunnels/undo-*/armed >/dev/null 2>&1; do ${then}; sleep 0.2; done`
