// The calls about one resource: from the wire to the contract and back.
import type { Answers } from './calls'
import type { Resource } from './contract'
import { type Diagnostic, describeDiagnostics, describePath, explainError } from './diagnostics'
import { log } from './log'
import { decodeObject, encodeObject, type Obj } from './values'

interface Packed {
  msgpack: Uint8Array
}
interface About {
  type_name: string
}
interface Upgrade extends About {
  version: number | string
  raw_state: { json: Uint8Array }
}
interface Read extends About {
  current_state: Packed
  private: Uint8Array
}
interface Plan extends About {
  prior_state: Packed
  proposed_new_state: Packed
  config: Packed
  prior_private: Uint8Array
}
interface Apply extends About {
  prior_state: Packed
  planned_state: Packed
  config: Packed
  planned_private: Uint8Array
}

/** One resource, between the wire and JavaScript. */
interface Translation {
  readonly resource: Resource
  unpack(value: Packed | null): Obj | null
  /** Where the protocol never sends null. */
  unpackExisting(value: Packed | null): Obj
  pack(object: Obj | null): Packed
  report(diagnostics?: readonly Diagnostic[]): object[]
}

/** In Terraform's private bytes: a read tells the plan after it that nobody could look; a plan tells the one after it that it is a replacement. */
const marks = { unread: Buffer.from('unread'), replaces: Buffer.from('replaces') } as const
const isMark = (bytes: Uint8Array | undefined, mark: keyof typeof marks): boolean =>
  bytes !== undefined && Buffer.compare(bytes, marks[mark]) === 0
/** Other bytes are nobody's here, and handed on. */
const withoutMark = (bytes: Uint8Array): Uint8Array =>
  isMark(bytes, 'unread') || isMark(bytes, 'replaces') ? new Uint8Array() : bytes

export function answerResourceCalls(resources: Readonly<Record<string, Resource>>): Answers {
  /** An error becomes diagnostics, beside what must not get lost although the call failed. */
  const about =
    <Q extends About>(
      answer: (t: Translation, request: Q) => Promise<object>,
      keep: (request: Q) => object = () => ({}),
    ) =>
    async (request: Q): Promise<object> => {
      const resource = resources[request.type_name]
      const t = resource && translate(resource)
      try {
        if (!t) throw new Error(`This provider has no resource ${request.type_name}.`)
        return await answer(t, request)
      } catch (error) {
        log('debug', `${request.type_name} failed`, { stack: error instanceof Error ? error.stack : String(error) })
        return {
          ...keep(request),
          diagnostics: describeDiagnostics(explainError(error), resource?.schema.attributes ?? []),
        }
      }
    }

  return {
    UpgradeResourceState: about<Upgrade>(async ({ resource }, { version, raw_state: { json } }) => {
      // Terraform asks for every resource in every command. As it came it is lossless, whatever numbers are in it.
      if (!resource.upgrade || Number(version) === resource.schema.version) return { upgraded_state: { json } }
      const state = resource.upgrade(JSON.parse(Buffer.from(json).toString()), Number(version))
      return { upgraded_state: { json: Buffer.from(JSON.stringify(state)) } }
    }),
    ValidateResourceConfig: about<About & { config: Packed }>(async (t, { config }) => ({
      diagnostics: t.report(await t.resource.validate(t.unpackExisting(config))),
    })),
    ReadResource: about<Read>(
      async (t, request) => {
        const { state, unread, diagnostics } = await t.resource.read(t.unpackExisting(request.current_state))
        const bytes = unread ? marks.unread : withoutMark(request.private)
        return { new_state: t.pack(state), private: bytes, diagnostics: t.report(diagnostics) }
      },
      request => ({ new_state: request.current_state, private: request.private }),
    ),
    PlanResourceChange: about<Plan>(async (t, request) => {
      const { planned, requiresReplace, diagnostics } = await t.resource.plan({
        prior: t.unpack(request.prior_state),
        proposed: t.unpack(request.proposed_new_state),
        config: t.unpack(request.config),
        unread: isMark(request.prior_private, 'unread'),
        again: isMark(request.prior_private, 'replaces'),
      })
      return {
        planned_state: t.pack(planned),
        requires_replace: requiresReplace?.map(path => describePath(path, t.resource.schema.attributes)) ?? [],
        planned_private: requiresReplace?.length ? marks.replaces : withoutMark(request.prior_private),
        diagnostics: t.report(diagnostics),
      }
    }),
    ApplyResourceChange: about<Apply>(
      async (t, request) => {
        const { state, diagnostics } = await t.resource.apply({
          prior: t.unpack(request.prior_state),
          planned: t.unpack(request.planned_state),
          config: t.unpack(request.config),
        })
        return {
          new_state: t.pack(state),
          private: withoutMark(request.planned_private),
          diagnostics: t.report(diagnostics),
        }
      },
      request => ({ new_state: request.prior_state, private: withoutMark(request.planned_private) }),
    ),
    ImportResourceState: about<About & { id: string }>(async (t, { type_name, id }) => {
      const { state, diagnostics } = await t.resource.importState(id)
      return { imported_resources: [{ type_name, state: t.pack(state) }], diagnostics: t.report(diagnostics) }
    }),
  }
}

function translate(resource: Resource): Translation {
  const { attributes } = resource.schema
  const unpack = (value: Packed | null) => (value?.msgpack.length ? decodeObject(attributes, value.msgpack) : null)
  return {
    resource,
    unpack,
    unpackExisting: value => unpack(value) ?? {},
    pack: object => ({ msgpack: encodeObject(attributes, object) }),
    report: (diagnostics = []) => describeDiagnostics(diagnostics, attributes),
  }
}
