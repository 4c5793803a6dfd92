// Labels are of no host: plan and apply of a tunnel go on as if it had none, and a change of them alone asks nobody.
import { isDeepStrictEqual } from 'node:util'
import { withoutLabels } from '../schemas/labels'
import { fromTerraform } from './names'
import type { Obj, Resource } from './plugin'

/** The resource, whose arguments may have labels, which are as the configuration has them, also where an apply will tell. */
export function withLabels(resource: Resource): Resource {
  const bare = (object: Obj | null): Obj | null => object && withoutLabels(object)
  return {
    ...resource,
    async plan(change) {
      const { prior, proposed } = change
      const { planned, ...told } = await resource.plan({ ...change, prior: bare(prior), proposed: bare(proposed) })
      const given: Obj | null = proposed && { labels: proposed.labels ?? null, forwards: proposed.forwards ?? null }
      return { ...told, planned: planned && { ...planned, ...given } }
    },
    apply: async change =>
      change.prior && change.planned && isSame(withoutLabels(change.prior), withoutLabels(change.planned))
        ? { state: change.planned }
        : resource.apply(change),
  }
}

const isSame = (a: Obj, b: Obj): boolean => isDeepStrictEqual(fromTerraform(a, ''), fromTerraform(b, ''))
