// A tunnel that goes on under another name: what ran under the former one stops right before its own start, whoever keeps ssh running.
import { type MakeJob, withYield } from '../../engine/change/make-job'
import type { Step } from '../../engine/parts/part'
import { startAnew } from '../../engine/parts/service'
import type { SupervisorName } from '../../engine/parts/snapshot'

const follower = { making: { follows: 'tunnel-web.service' } } as MakeJob
const start = (supervisor: SupervisorName) =>
  startAnew({ unit: 'tunnel-shop.service', owner: 'me', text: '', supervisor })
const said = (steps: readonly Step[]) => steps.map(({ verb, args }) => [verb, ...args].join(' '))

test.each([
  ['systemd', 'unit_leave tunnel-web.service', 'unit_start tunnel-shop.service'],
  ['openrc', 'service_leave openrc web', 'service_start openrc shop'],
  ['pidfile', 'service_leave pidfile web', 'service_start pidfile shop'],
] as const)('where %s keeps it', (supervisor, leaves, starts) => {
  expect(said(withYield(follower, start(supervisor)))).toEqual([leaves, starts])
})

test('nothing stops where nothing of its own starts', () => {
  expect(withYield(follower, [])).toEqual([])
})
