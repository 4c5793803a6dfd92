// The registry of parts: a new part is one line here.
import { account } from './account'
import { authorizedKey } from './authorized-key'
import { firewall } from './firewall'
import { key } from './key'
import type { Part } from './part'
import { ports } from './ports'
import { service } from './service'
import { sockets } from './sockets'
import { sshConfig } from './ssh-config'
import { sshd } from './sshd'
import { watcher } from './watcher'

export const parts = {
  account,
  ports,
  key,
  'authorized-key': authorizedKey,
  sshd,
  firewall,
  sockets,
  service,
  watcher,
  'ssh-config': sshConfig,
}

export type Kind = keyof typeof parts
type PartOf<K extends Kind> = (typeof parts)[K]
export type StateOf<K extends Kind> = PartOf<K> extends Part<infer State, infer _At> ? State : never
export type AtOf<K extends Kind> = PartOf<K> extends Part<infer _State, infer At> ? At : never
