// Terraform's schemas, made from the JSON Schemas: what the user sets, and what each part shows.
import accountSchema from '../schemas/account.schema.json'
import authorizedKeySchema from '../schemas/authorized-key.schema.json'
import firewallSchema from '../schemas/firewall.schema.json'
import { followRef, type JsonSchema } from '../schemas/follow-ref'
import hostSchema from '../schemas/host.schema.json'
import jumpLoginSchema from '../schemas/jump-login.schema.json'
import keySchema from '../schemas/key.schema.json'
import middleSchema from '../schemas/middle.schema.json'
import portsSchema from '../schemas/ports.schema.json'
import proofSchema from '../schemas/proof.schema.json'
import serviceSchema from '../schemas/service.schema.json'
import { snakeCase } from '../schemas/snake-case'
import socketsSchema from '../schemas/sockets.schema.json'
import sshConfigSchema from '../schemas/ssh-config.schema.json'
import sshdSchema from '../schemas/sshd.schema.json'
import tunnelSchema from '../schemas/tunnel.schema.json'
import watcherSchema from '../schemas/watcher.schema.json'
import type { Attribute, Schema, Type } from './plugin'
import { schemaVersion } from './upgrade'

const partSchemas: Readonly<Record<string, JsonSchema>> = {
  account: accountSchema,
  clientAccount: accountSchema,
  ports: portsSchema,
  serverPorts: portsSchema,
  key: keySchema,
  sshConfig: sshConfigSchema,
  authorizedKey: authorizedKeySchema,
  sshd: sshdSchema,
  firewall: firewallSchema,
  otherFirewall: {
    ...firewallSchema,
    description: 'The same on the other host, where several forwards listen on both.',
  },
  sockets: socketsSchema,
  serverSockets: { ...socketsSchema, description: 'The same of the server, where that is another host.' },
  service: serviceSchema,
  watcher: watcherSchema,
  serverWatcher: watcherSchema,
  jumpLogins: { type: 'array', items: jumpLoginSchema, description: jumpLoginSchema.description },
  proof: proofSchema,
}

const outputs = {
  endpoint: 'ADDRESS:PORT at which the far service answers; of several forwards the first.',
  port: 'The TCP port of the endpoint by itself.',
  command: 'The ssh command that does the same by hand.',
  serverHostKey: "The server's own host key, as read on the server.",
}

export const tunnelTerraform: Schema = withForwards(
  describe(tunnelSchema, Object.keys(outputs), Object.keys(partSchemas)),
)
export const middleTerraform: Schema = describe(middleSchema, [], ['sshd', 'firewall'])

/** Of the provider block. */
export const providerTerraform: Schema = {
  version: 0,
  description: 'Whose tunnels these are, and how hosts are reached today. CDK for Terraform fills both in by itself.',
  attributes: [
    {
      name: 'owner',
      type: 'string',
      optional: true,
      description:
        'Whose the tunnels and middles are that name no owner of their own, from when they are made. Default terraform, which is every configuration’s: name one where several work on a host.',
    },
    {
      name: 'logins',
      type: { object: attributesOf(hostSchema, hostSchema), nesting: 'list' },
      optional: true,
      description:
        'Hosts with their current logins. A state remembers how its hosts were reached when it was written, and Terraform refreshes and destroys by the state: where a user, key, port, host key or jump host has been changed since, the login of the same address here wins.',
    },
    {
      name: 'places',
      type: {
        object: ['type', 'name', 'place'].map(name => ({ name, type: 'string', required: true })),
        nesting: 'list',
      },
      optional: true,
      description:
        'Where resources are declared (`type` tunnel or middle, `name`, and `place` as FILE:LINE), for configurations that a program writes from another file: what goes wrong with one says it.',
    },
  ],
}

/** What a tunnel of several forwards tells of each. */
function withForwards({ attributes, ...schema }: Schema): Schema {
  const proof = computed('proofs', proofSchema)
  const { object } = proof.type as Exclude<Type, string> & { object: readonly Attribute[] }
  return {
    ...schema,
    attributes: [
      ...attributes,
      {
        name: 'endpoints',
        type: { list: 'string' },
        computed: true,
        description: 'ADDRESS:PORT of each of several forwards, in their order; null where the tunnel has one.',
      },
      {
        ...proof,
        type: { object, nesting: 'list' },
        description: 'The proof of each of several forwards, in their order; null where the tunnel has one.',
      },
    ],
  }
}

function describe(inputs: JsonSchema, outputNames: readonly string[], partNames: readonly string[]): Schema {
  return {
    version: schemaVersion,
    description: inputs.description,
    attributes: [
      ...attributesOf(inputs, inputs),
      ...outputNames.map(name => ({
        name: snakeCase(name),
        type: 'string' as const,
        computed: true,
        description: outputs[name as keyof typeof outputs],
      })),
      ...partNames.map(name => computed(name, partSchemas[name] ?? {})),
    ],
  }
}

function attributesOf(schema: JsonSchema, root: JsonSchema): Attribute[] {
  return Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const { target, within } = followRef(property, root)
    const required = schema.required?.includes(name) ?? false
    return {
      name: snakeCase(name),
      type: typeOf(target, within),
      description: property.description ?? target.description,
      ...(required ? { required } : { optional: true }),
      // Where none is given, the provider says which.
      ...(schema === root && name === 'owner' ? { computed: true } : {}),
    }
  })
}

function computed(name: string, schema: JsonSchema): Attribute {
  const type = asComputed(typeOf({ type: 'object', ...schema }, schema))
  return { name: snakeCase(name), type, description: schema.description, computed: true }
}

/** All that is in it, too. */
function asComputed(type: Type): Type {
  if (typeof type !== 'object' || !('object' in type)) return type
  const object = type.object.map(({ required: _r, optional: _o, ...rest }) => ({
    ...rest,
    type: asComputed(rest.type),
    computed: true,
  }))
  return { ...type, object }
}

function typeOf(schema: JsonSchema, root: JsonSchema): Type {
  if (schema.type === 'object') {
    const { additionalProperties: others } = schema
    return typeof others === 'object'
      ? { map: typeOf(others, root) }
      : { object: attributesOf(schema, root), nesting: 'single' }
  }
  if (schema.type === 'array') {
    const { target, within } = followRef(schema.items ?? {}, root)
    return target.type === 'object'
      ? { object: attributesOf(target, within), nesting: 'list' }
      : { list: typeOf(target, within) }
  }
  const types = [schema.type].flat()
  if (types.includes('integer')) return 'number'
  if (types.includes('boolean')) return 'bool'
  // An enum without a type is one of strings.
  return 'string'
}
