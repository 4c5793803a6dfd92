// The messages and services on the wire, by their field numbers, as protobufjs takes them: every call of protocol 6.11, and of the
// messages what we read or write.
import type { ServiceDefinition } from '@grpc/grpc-js'
import { Root, type Type } from 'protobufjs/light'
import { type Absent, absent } from './absent'

type Field = { id: number; type: string; rule?: 'repeated'; keyType?: string }
type Method = {
  requestType: string
  responseType: string
  requestStream?: boolean
  responseStream?: boolean
}

const one = (type: string, id: number): Field => ({ type, id })
const many = (type: string, id: number): Field => ({ type, id, rule: 'repeated' })
const named = (type: string, id: number): Field => ({ type, id, keyType: 'string' })
const text = (id: number) => one('string', id)
const bytes = (id: number) => one('bytes', id)
const flag = (id: number) => one('bool', id)
const choice = (id: number) => one('int32', id)
const int64 = (id: number) => one('int64', id)
const value = (id: number) => one('DynamicValue', id)
const call = (requestType: string, responseType: string): Method => ({ requestType, responseType })
const problems = (id: number) => many('Diagnostic', id)

const provider: Record<string, Record<string, Field>> = {
  Empty: {},
  DynamicValue: { msgpack: bytes(1), json: bytes(2) },
  RawState: { json: bytes(1) },
  Step: { attribute_name: text(1), element_key_string: text(2), element_key_int: int64(3) },
  AttributePath: { steps: many('Step', 1) },
  Diagnostic: { severity: choice(1), summary: text(2), detail: text(3), attribute: one('AttributePath', 4) },
  ServerCapabilities: { plan_destroy: flag(1), get_provider_schema_optional: flag(2) },
  Schema: { version: int64(1), block: one('Block', 2) },
  Block: { version: int64(1), attributes: many('Attribute', 2), description: text(4) },
  Attribute: {
    name: text(1),
    type: bytes(2),
    description: text(3),
    required: flag(4),
    optional: flag(5),
    computed: flag(6),
    sensitive: flag(7),
    nested_type: one('Nested', 10),
  },
  Nested: { attributes: many('Attribute', 1), nesting: choice(3) },
  ImportedResource: { type_name: text(1), state: value(2), private: bytes(3) },

  TypeName: { type_name: text(1) },
  Metadata: { server_capabilities: one('ServerCapabilities', 1), resources: many('TypeName', 4) },
  SchemaAnswer: {
    provider: one('Schema', 1),
    resource_schemas: named('Schema', 2),
    server_capabilities: one('ServerCapabilities', 6),
  },
  ProviderConfig: { config: value(1) },
  ProviderConfigAnswer: { diagnostics: problems(2) },
  Configure: { terraform_version: text(1), config: value(2) },
  Problems: { diagnostics: problems(1) },
  Validate: { type_name: text(1), config: value(2) },
  Upgrade: { type_name: text(1), version: int64(2), raw_state: one('RawState', 3) },
  UpgradeAnswer: { upgraded_state: value(1), diagnostics: problems(2) },
  Read: { type_name: text(1), current_state: value(2), private: bytes(3) },
  ReadAnswer: { new_state: value(1), diagnostics: problems(2), private: bytes(3) },
  Plan: {
    type_name: text(1),
    prior_state: value(2),
    proposed_new_state: value(3),
    config: value(4),
    prior_private: bytes(5),
  },
  PlanAnswer: {
    planned_state: value(1),
    requires_replace: many('AttributePath', 2),
    planned_private: bytes(3),
    diagnostics: problems(4),
  },
  Apply: {
    type_name: text(1),
    prior_state: value(2),
    planned_state: value(3),
    config: value(4),
    planned_private: bytes(5),
  },
  ApplyAnswer: { new_state: value(1), private: bytes(2), diagnostics: problems(3) },
  Import: { type_name: text(1), id: text(2) },
  ImportAnswer: { imported_resources: many('ImportedResource', 1), diagnostics: problems(2) },
  StopAnswer: { Error: text(1) },

  // Of what we have none: who is asked for, and where the answer says that it is not there.
  Asked: { name: text(1) },
  AskedInChunk: { meta: one('Asked', 1) },
  Problems2: { diagnostics: problems(2) },
  Problems4: { diagnostics: problems(4) },
  FunctionError: { text: text(1) },
  CallAnswer: { error: one('FunctionError', 2) },
  InvokeEvent: { completed: one('Problems', 2) },
}

const absentMethod = ({ request, response, stream }: Absent): Method => ({
  ...call(request ?? 'Asked', response),
  requestStream: stream === 'request',
  responseStream: stream === 'response',
})

const providerMethods: Record<string, Method> = {
  ...Object.fromEntries(Object.entries(absent).map(([name, one]) => [name, absentMethod(one)])),
  GetMetadata: call('Empty', 'Metadata'),
  // Of functions and identities there are none.
  GetFunctions: call('Empty', 'Empty'),
  GetResourceIdentitySchemas: call('Empty', 'Empty'),
  GetProviderSchema: call('Empty', 'SchemaAnswer'),
  ValidateProviderConfig: call('ProviderConfig', 'ProviderConfigAnswer'),
  ConfigureProvider: call('Configure', 'Problems'),
  ValidateResourceConfig: call('Validate', 'Problems'),
  UpgradeResourceState: call('Upgrade', 'UpgradeAnswer'),
  ReadResource: call('Read', 'ReadAnswer'),
  PlanResourceChange: call('Plan', 'PlanAnswer'),
  ApplyResourceChange: call('Apply', 'ApplyAnswer'),
  ImportResourceState: call('Import', 'ImportAnswer'),
  StopProvider: call('Empty', 'StopAnswer'),
}

// go-plugin's own services. google.protobuf.Empty is an empty message like any other.
const plugin: Record<string, Record<string, Field>> = {
  Empty: {},
  StdioData: { channel: choice(1), data: bytes(2) },
  ConnInfo: {},
}

let known: Root | undefined
const root = (): Root => {
  known ??= Root.fromJSON({
    nested: {
      tfplugin6: { nested: messages(provider) },
      plugin: { nested: messages(plugin) },
    },
  })
  return known
}

export const providerService = service('tfplugin6', 'Provider', providerMethods)
export const controllerService = service('plugin', 'GRPCController', { Shutdown: call('Empty', 'Empty') })
export const stdioService = service('plugin', 'GRPCStdio', {
  StreamStdio: { ...call('Empty', 'StdioData'), responseStream: true },
})
export const brokerService = service('plugin', 'GRPCBroker', {
  StartStream: { ...call('ConnInfo', 'ConnInfo'), requestStream: true, responseStream: true },
})

/** What writes and reads a message is made when it first comes: of most there are none in a run. */
function service(space: string, name: string, methods: Record<string, Method>): ServiceDefinition {
  const typeOf = (message: string): Type => root().lookupType(`${space}.${message}`)
  const write = (message: string) => (value: object) => {
    const type = typeOf(message)
    return Buffer.from(type.encode(type.fromObject(value)).finish())
  }
  // The 64-bit fields (schema version, list index) are small.
  const read = (message: string) => (sent: Buffer) => {
    const type = typeOf(message)
    return type.toObject(type.decode(sent), { longs: Number, defaults: true })
  }
  const one = (method: string, { requestType, responseType, requestStream, responseStream }: Method) => ({
    path: `/${space}.${name}/${method}`,
    requestStream: requestStream ?? false,
    responseStream: responseStream ?? false,
    requestSerialize: write(requestType),
    requestDeserialize: read(requestType),
    responseSerialize: write(responseType),
    responseDeserialize: read(responseType),
  })
  return Object.fromEntries(Object.entries(methods).map(([method, words]) => [method, one(method, words)]))
}

function messages(fields: Record<string, Record<string, Field>>) {
  return Object.fromEntries(Object.entries(fields).map(([name, own]) => [name, { fields: own }]))
}
