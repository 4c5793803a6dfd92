// The calls about what a provider of ours never has: data sources, ephemeral resources, functions, actions and the like. No schema names
// any, so Terraform asks for none; who asks all the same is told so, with the name that he asked for.
import type { UntypedServiceImplementation } from '@grpc/grpc-js'
import { describeDiagnostics } from './diagnostics'

export interface Absent {
  /** What there is none of. */
  readonly what: string
  /** Message names of messages.ts. */
  readonly request?: 'AskedInChunk'
  readonly response: 'Problems' | 'Problems2' | 'Problems4' | 'CallAnswer' | 'InvokeEvent'
  readonly stream?: 'request' | 'response'
}

export const absent: Readonly<Record<string, Absent>> = {
  ValidateDataResourceConfig: { what: 'data source', response: 'Problems' },
  ReadDataSource: { what: 'data source', response: 'Problems2' },
  ValidateEphemeralResourceConfig: { what: 'ephemeral resource', response: 'Problems' },
  OpenEphemeralResource: { what: 'ephemeral resource', response: 'Problems' },
  RenewEphemeralResource: { what: 'ephemeral resource', response: 'Problems' },
  CloseEphemeralResource: { what: 'ephemeral resource', response: 'Problems' },
  CallFunction: { what: 'function', response: 'CallAnswer' },
  UpgradeResourceIdentity: { what: 'resource identity', response: 'Problems2' },
  // Its first field is the address of the provider that the resource comes from.
  MoveResourceState: { what: 'way to take over a resource of', response: 'Problems2' },
  GenerateResourceConfig: { what: 'configuration of its own for', response: 'Problems2' },
  ValidateListResourceConfig: { what: 'list resource', response: 'Problems' },
  ListResource: { what: 'list resource', response: 'Problems4', stream: 'response' },
  ValidateActionConfig: { what: 'action', response: 'Problems' },
  PlanAction: { what: 'action', response: 'Problems' },
  InvokeAction: { what: 'action', response: 'InvokeEvent', stream: 'response' },
  ValidateStateStoreConfig: { what: 'state store', response: 'Problems' },
  ConfigureStateStore: { what: 'state store', response: 'Problems' },
  ReadStateBytes: { what: 'state store', response: 'Problems4', stream: 'response' },
  WriteStateBytes: { what: 'state store', request: 'AskedInChunk', response: 'Problems', stream: 'request' },
  LockState: { what: 'state store', response: 'Problems2' },
  UnlockState: { what: 'state store', response: 'Problems' },
  GetStates: { what: 'state store', response: 'Problems2' },
  DeleteState: { what: 'state store', response: 'Problems' },
}

interface Asked {
  readonly name: string
}
interface Stream {
  readonly request: Asked
  write(message: object): void
  end(): void
}
interface Chunks {
  on(event: 'data', listener: (chunk: { meta: Asked | null }) => void): void
  on(event: 'end', listener: () => void): void
}
type Reply = (error: null, response: object) => void

export const absentHandlers: UntypedServiceImplementation = Object.fromEntries(
  Object.entries(absent).map(([name, one]) => [name, handlerOf(one)]),
)

function handlerOf({ what, response, stream }: Absent): UntypedServiceImplementation[string] {
  const answer = ({ name }: Asked) => shapeOf(response, `This provider has no ${what} ${name}.`)
  if (stream === 'response') {
    return (call: Stream) => {
      call.write(answer(call.request))
      call.end()
    }
  }
  if (stream === 'request') {
    return (call: Chunks, reply: Reply) => {
      let asked: Asked = { name: '' }
      call.on('data', ({ meta }) => {
        asked = meta ?? asked
      })
      call.on('end', () => reply(null, answer(asked)))
    }
  }
  return ({ request }: { request: Asked }, reply: Reply) => reply(null, answer(request))
}

function shapeOf(response: Absent['response'], text: string): object {
  if (response === 'CallAnswer') return { error: { text } }
  const told = { diagnostics: describeDiagnostics([{ severity: 'error', summary: text }], []) }
  return response === 'InvokeEvent' ? { completed: told } : told
}
