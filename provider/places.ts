// Where a resource is declared, for those who wrote a spec and no Terraform configuration: each of its diagnostics says the spec's file and line.
import { hasUnknown } from './names'
import { type Diagnostic, explainError, type Obj, type Resource, type Value } from './plugin'

let places: ReadonlyMap<string, string> = new Map()

/** From the provider block. */
export function usePlaces(given: Value | undefined): void {
  const known = Array.isArray(given) ? given.filter(one => !hasUnknown(one)) : []
  places = new Map(
    known.map(one => one as Obj).map(({ type, name, place }) => [`${String(type)} ${String(name)}`, String(place)]),
  )
}

/** The resource, whose plans, reads and applies say where it is declared. */
export function sayingWhere(type: string, resource: Resource): Resource {
  const say =
    (about: Obj | null) =>
    <Told extends { readonly diagnostics?: readonly Diagnostic[] }>(told: Told): Told => {
      const place = places.get(`${type} ${String(about?.name)}`)
      if (!place || !told.diagnostics) return told
      const where = `Declared at ${place}.`
      const add = (one: Diagnostic) => ({ ...one, detail: [one.detail, where].filter(Boolean).join('\n') })
      return { ...told, diagnostics: told.diagnostics.map(add) }
    }
  const around = async <Told extends object>(about: Obj | null, work: () => Told | Promise<Told>): Promise<Told> => {
    try {
      return say(about)(await work())
    } catch (why) {
      const { diagnostics } = say(about)({ diagnostics: explainError(why) })
      throw Object.assign(why instanceof Error ? why : new Error(String(why)), { diagnostics })
    }
  }
  return {
    ...resource,
    plan: change => around(change.proposed ?? change.prior, () => resource.plan(change)),
    read: state => around(state, () => resource.read(state)),
    apply: change => around(change.planned ?? change.prior, () => resource.apply(change)),
  }
}
