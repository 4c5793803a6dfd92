// What is wrong with the choice of the engine although its shape is right.
import type { Spec } from '../schemas/types'
import type { Flaw } from './flaw'
import type { Resolved } from './resolve'

export function checkEngine({ converge }: Spec, { engine }: Resolved): Flaw[] {
  if (converge === undefined || engine === 'null') return []
  const message = 'converge is for engine: null only'
  const hint = 'leave it out: without engine: null every deploy looks at the hosts and repairs what differs'
  return [{ path: ['converge'], at: 'key', code: 'other-engine', message, hint }]
}
