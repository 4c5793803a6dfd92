// A toy provider: things in a folder, one file each, with an attribute of every kind.
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Attribute, type Obj, type Provider, type Resource, unknown, type Value } from '../../provider/plugin'
import { decodeObject, encodeObject } from '../../provider/plugin/values'

export const ADDRESS = 'terraform.local/test/toy'

const attributes: Attribute[] = [
  { name: 'id', type: 'string', computed: true },
  { name: 'name', type: 'string', required: true, description: 'A change makes a new thing.' },
  { name: 'size', type: 'number', optional: true },
  { name: 'tags', type: { list: 'string' }, optional: true },
  { name: 'labels', type: { map: 'string' }, optional: true },
  { name: 'color', type: 'string', optional: true, computed: true },
  { name: 'secret', type: 'string', optional: true, sensitive: true },
  {
    name: 'owner',
    type: {
      object: [
        { name: 'login', type: 'string', required: true },
        { name: 'uid', type: 'number', computed: true },
      ],
      nesting: 'single',
    },
    optional: true,
  },
  {
    name: 'rooms',
    type: {
      object: [
        { name: 'name', type: 'string', required: true },
        { name: 'floor', type: 'number', optional: true },
        { name: 'code', type: 'string', computed: true },
      ],
      nesting: 'list',
    },
    optional: true,
  },
  {
    name: 'mood',
    type: 'string',
    optional: true,
    description: 'angry: apply throws; patient: apply waits for stop; deaf: for ever',
  },
]

export interface Toy extends Provider {
  /** Changes a thing behind Terraform's back; null removes it. */
  edit(id: string, change: Obj | null): void
  things(): Obj[]
}

/** @param folder holds the things in `things/` and, line by line in `journal`, what the provider went through */
export function makeToy(folder: string): Toy {
  const shelf = join(folder, 'things')
  mkdirSync(shelf, { recursive: true })
  const note = (line: string) => appendFileSync(join(folder, 'journal'), `${line}\n`)
  const save = (thing: Obj) => writeFileSync(join(shelf, String(thing.id)), encodeObject(attributes, thing))
  const remove = (id: Value | undefined) => rmSync(join(shelf, String(id)), { force: true })
  const load = (id: string): Obj | null =>
    readdirSync(shelf).includes(id) ? decodeObject(attributes, readFileSync(join(shelf, id))) : null
  let stopped = () => {}
  const stop = new Promise<void>(resolve => {
    stopped = resolve
  })

  const thing: Resource = {
    schema: { version: 0, description: 'A thing.', attributes },
    validate: ({ rooms, color }) => [
      ...(Array.isArray(rooms) ? rooms : []).flatMap((room, i) =>
        isObj(room) && room.name === 'attic'
          ? [
              {
                severity: 'error' as const,
                summary: 'no attic here',
                detail: 'There is no roof.',
                path: ['rooms', i, 'name'],
              },
            ]
          : [],
      ),
      ...(color === 'pink' ? [{ severity: 'warning' as const, summary: 'pink fades', path: ['color'] }] : []),
    ],
    plan: async ({ proposed, prior }) => ({
      planned: proposed && { ...(markComputed(attributes, proposed) as Obj), color: proposed.color ?? 'grey' },
      requiresReplace: prior && proposed && prior.name !== proposed.name ? [['name']] : [],
    }),
    read: async state => ({ state: load(String(state.id)) }),
    apply: async ({ prior, planned }) => {
      if (planned === null) {
        remove(prior?.id)
        return { state: null }
      }
      note(`applying ${process.pid}`)
      if (planned.mood === 'angry') throw new Error(`${String(planned.name)} is angry\nand says why\nin two lines`)
      if (planned.mood === 'patient') await stop
      if (planned.mood === 'deaf') await new Promise(() => {})
      const next = fillUnknown(planned, String(planned.name)) as Obj
      save(next)
      return { state: next }
    },
    importState: async id => {
      const state = load(id)
      if (!state) throw new Error(`there is no thing ${id}`)
      return { state }
    },
  }

  return {
    resources: { toy_thing: thing },
    stop: () => {
      note('stop')
      stopped()
    },
    close: async () => note('close'),
    edit: (id, change) => (change ? save({ ...load(id), ...change }) : remove(id)),
    things: () => readdirSync(shelf).flatMap<Obj>(id => load(id) ?? []),
  }
}

function isObj(value: Value | undefined): value is Obj {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Every computed attribute that is still null will be known after apply. */
function markComputed(within: readonly Attribute[], object: Value): Value {
  if (!isObj(object)) return object
  return Object.fromEntries(
    within.map(({ name, type, computed, optional }) => {
      const value = object[name] ?? null
      if (computed && !optional && value === null) return [name, unknown]
      if (typeof type !== 'object' || !('object' in type)) return [name, value]
      return [
        name,
        Array.isArray(value) ? value.map(v => markComputed(type.object, v)) : markComputed(type.object, value),
      ]
    }),
  )
}

/** id-NAME for the id, code-NAME for a room's code, 1000 for an owner's uid. */
function fillUnknown(value: Value, of: string, name = ''): Value {
  if (value === unknown) return name === 'uid' ? 1000 : `${name}-${of}`
  if (Array.isArray(value)) return value.map(v => fillUnknown(v, of, name))
  if (isObj(value)) return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, fillUnknown(v, of, key)]))
  return value
}
