// Calls: plain async functions as gRPC handlers, and how many of them are under way.
import type { handleUnaryCall, UntypedServiceImplementation } from '@grpc/grpc-js'
import { log } from './log'

/** Takes a request and gives the response; the messages' shapes are those of messages.ts. */
export type Answer<Request = never> = (request: Request) => Promise<object>
export type Answers = Readonly<Record<string, Answer>>

export interface Calls {
  readonly handlers: UntypedServiceImplementation
  busy(): boolean
  /** Resolves as soon as no call is under way. */
  idle(): Promise<void>
}

export function handleCalls(answers: Answers): Calls {
  let underWay = 0
  let waiters: (() => void)[] = []
  const settle = () => {
    underWay -= 1
    if (underWay > 0) return
    for (const wake of waiters) wake()
    waiters = []
  }
  const handle =
    (name: string, answer: Answer): handleUnaryCall<object, object> =>
    (call, reply) => {
      underWay += 1
      answer(call.request as never)
        .then(
          response => reply(null, response),
          // A flaw of this folder, not of a resource: those have become diagnostics.
          (error: Error) => {
            log('error', `${name} failed`, { stack: error.stack })
            reply({ code: 13, details: `${name}: ${error.message}` })
          },
        )
        .finally(settle)
    }
  return {
    handlers: Object.fromEntries(Object.entries(answers).map(([name, answer]) => [name, handle(name, answer)])),
    busy: () => underWay > 0,
    idle: () => (underWay === 0 ? Promise.resolve() : new Promise(resolve => waiters.push(resolve))),
  }
}
