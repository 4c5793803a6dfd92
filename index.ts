// What the package exports: the constructs, and specs as they read them.
export * from './constructs'
export { formatProblems, type Problem, parseSpec, type Resolved, readSpec, SpecError } from './spec'
