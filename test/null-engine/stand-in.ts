// A stand-in for hashicorp/null 3.2.4 where the real one is not at hand: null_resource over our own plugin layer, and nothing else.
import { randomInt } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { type Provider, type Resource, serve, unknown } from '../../provider/plugin'

/** As the real one: id is made at create and kept, and any change of triggers makes another resource. */
const nullResource: Resource = {
  schema: {
    version: 0,
    description: 'Does nothing, and has provisioners.',
    attributes: [
      { name: 'id', type: 'string', computed: true },
      { name: 'triggers', type: { map: 'string' }, optional: true },
    ],
  },
  validate: () => [],
  plan: ({ prior, proposed }) => {
    if (!proposed) return { planned: null }
    const same = prior !== null && isDeepStrictEqual(prior.triggers, proposed.triggers)
    return { planned: { ...proposed, id: same ? (prior.id ?? null) : unknown }, requiresReplace: [['triggers']] }
  },
  read: state => ({ state }),
  apply: ({ planned }) => ({
    state: planned && { ...planned, id: typeof planned.id === 'string' ? planned.id : String(randomInt(2 ** 47)) },
  }),
  importState: id => ({ state: { id, triggers: null } }),
}

const provider: Provider = {
  resources: { null_resource: nullResource },
  stop: () => {},
  close: async () => {},
}

if (require.main === module) void serve(provider)
