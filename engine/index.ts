// The engine's face: what the provider and the command use of it, and nothing else.
export { isAbsent, make, observe, remove, type Tell } from './change/converge'
export { notMadeSince, rememberMade } from './change/made'
export {
  divideLeftovers,
  endSessions,
  findLeftovers,
  groupByName,
  type Leftover,
  type Named,
  removeLeftovers,
} from './compare/leftovers'
export {
  type Change,
  inParallel,
  type PartChange,
  type Planned,
  planChanges,
  type Trouble,
  type ValueChange,
  type Wish,
} from './compare/plan-changes'
export { Fault } from './fault'
export { closeAll } from './host/pool'
export { stop } from './host/stop'
export type { Observed } from './look/look'
export { unknown } from './parts/part'
export { type Declared, derive, hostsOf } from './wish/declared'
