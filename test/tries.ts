// How often a property is tried, and from which seed: the same tries on every machine, unless FC_SEED and FC_RUNS say others. What fails is
// shrunk, and printed with its seed and path.
import type { Parameters } from 'fast-check'

export const tries = (numRuns: number): Parameters<unknown> => ({
  seed: Number(process.env.FC_SEED ?? 1),
  numRuns: Number(process.env.FC_RUNS ?? numRuns),
})
