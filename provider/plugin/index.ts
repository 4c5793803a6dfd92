// Terraform's plugin protocol 6 in Node: everything that a provider needs of it.
export type { Change, Provider, Resource } from './contract'
export { type Diagnostic, explainError } from './diagnostics'
export { log } from './log'
export type { Attribute, Schema, Type } from './schema'
export { serve } from './serve'
export { type Attached, serveForTests } from './serve-for-tests'
export { type Obj, unknown, type Value } from './values'
