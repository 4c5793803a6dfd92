// A resource's life as Terraform leads it: plan, apply, read, with all attributes of its schema.
import { provider } from '../../provider/main'
import type { Diagnostic, Obj, Value } from '../../provider/plugin'
import type { FakeHost } from '../engine/fake-reach'

export type { Obj } from '../../provider/plugin'

export interface Told {
  readonly state: Obj | null
  readonly unread?: boolean
  readonly diagnostics: readonly Diagnostic[]
}

const told = ({ diagnostics = [], ...rest }: Omit<Told, 'diagnostics'> & Partial<Told>): Told => ({
  ...rest,
  diagnostics,
})

export function lifeOf(type: 'sshtunnel_tunnel' | 'sshtunnel_middle') {
  const resource = provider.resources[type]
  if (!resource) throw new Error(`the provider has no ${type}`)
  const { attributes } = resource.schema
  /** As Terraform proposes it: the arguments as they are given, what is computed as it was. */
  const propose = (prior: Obj | null, config: Obj): Obj =>
    Object.fromEntries(
      attributes.map(({ name, computed }) => [name, (computed ? prior?.[name] : config[name]) ?? null]),
    )
  const plan = async (prior: Obj | null, config: Obj, unread = false): Promise<Obj> => {
    const { planned } = await resource.plan({ prior, proposed: propose(prior, config), config, unread })
    if (!planned) throw new Error('nothing was planned')
    return planned
  }
  const applyPlanned = async (prior: Obj | null, planned: Obj | null): Promise<Told> =>
    told(await resource.apply({ prior, planned, config: planned }))
  return {
    plan,
    applyPlanned,
    /** config null destroys. */
    apply: async (prior: Obj | null, config: Obj | null): Promise<Told> =>
      applyPlanned(prior, config && (await plan(prior, config))),
    read: async (state: Obj | null): Promise<Told> => told(await resource.read(state ?? {})),
  }
}

export const hostOf = ({ host: { name, address = '', user = '' } }: FakeHost): Obj => ({ name, address, user })

/** Of a tunnel that listens on a loopback address of middle, and is proved from there. */
export const tunnelConfig = (near: FakeHost, middle: FakeHost, more: { [name: string]: Value } = {}): Obj => ({
  name: 'web',
  forward: 'remote',
  listen: '127.0.0.1:2101',
  far: 'far:22',
  client: hostOf(near),
  server: hostOf(middle),
  ...more,
})
