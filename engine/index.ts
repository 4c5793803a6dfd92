// The engine's face: what the provider and the command use of it, and nothing else.
export { clearHosts } from './change/clear'
export type { Tell } from './change/job'
export { make } from './change/make'
export { remove } from './change/remove'
export { underOwner } from './compare/former-owner'
export { endSessions, type Leftover, type Named, removeLeftovers } from './compare/leftovers'
export type { OutOfReach } from './compare/out-of-reach'
export {
  type Change,
  type Estate,
  type PartChange,
  planChanges,
  type Trouble,
  type ValueChange,
} from './compare/plan-changes'
export { Fault } from './fault'
export { closeAll } from './host/pool'
export { stop } from './host/stop'
export { fits } from './look/differ'
export type { Observed } from './look/look'
export { knownAfterApply } from './parts/part'
export { foresee } from './proof/foresee'
export { read } from './proof/observe'
export { type Declared, derive, hostsOf } from './wish/declared'
