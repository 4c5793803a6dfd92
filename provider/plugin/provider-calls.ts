// The calls about the provider as a whole: its schema, its configuration, the request to stop.
import type { Answer, Answers } from './calls'
import type { Provider } from './contract'
import { type Diagnostic, describeDiagnostics, explainError } from './diagnostics'
import { answerResourceCalls } from './resource-calls'
import { describeSchema } from './schema'
import { decodeObject } from './values'

interface Configure {
  config: { msgpack: Uint8Array } | null
}

// plan_destroy: a destroy is planned by the resource too. get_provider_schema_optional: one call of three in a plan.
const CAPABILITIES = { plan_destroy: true, get_provider_schema_optional: true }

export function answerCalls(provider: Provider): Answers {
  const schema = provider.schema ?? { version: 0, attributes: [] }

  const ConfigureProvider: Answer<Configure> = async ({ config }) => {
    let diagnostics: readonly Diagnostic[] = []
    try {
      const given = config && decodeObject(schema.attributes, config.msgpack)
      diagnostics = (await provider.configure?.(given ?? {})) ?? []
    } catch (error) {
      diagnostics = explainError(error)
    }
    return { diagnostics: describeDiagnostics(diagnostics, schema.attributes) }
  }

  return {
    ...answerResourceCalls(provider.resources),
    GetMetadata: async () => ({
      server_capabilities: CAPABILITIES,
      resources: Object.keys(provider.resources).map(type_name => ({ type_name })),
    }),
    GetFunctions: async () => ({}),
    GetResourceIdentitySchemas: async () => ({}),
    GetProviderSchema: async () => ({
      provider: describeSchema(schema),
      resource_schemas: Object.fromEntries(
        Object.entries(provider.resources).map(([type, resource]) => [type, describeSchema(resource.schema)]),
      ),
      server_capabilities: CAPABILITIES,
    }),
    ValidateProviderConfig: async () => ({ diagnostics: [] }),
    ConfigureProvider,
    StopProvider: async () => {
      try {
        provider.stop()
        return {}
      } catch (error) {
        return { Error: String(error) }
      }
    },
  }
}
