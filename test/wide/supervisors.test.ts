// Clients that OpenRC and sysvinit run. The one without any init is tried in test/lab.
import { type Lab, startLab } from '../../lab'
import { describeSupervised } from '../lab/supervision'

let lab: Lab
beforeAll(async () => {
  lab = await startLab({ images: { near: 'sysvinit', far: 'openrc' } })
}, 600_000)
afterAll(() => lab?.stop())

describeSupervised(() => lab, {
  client: 'near',
  supervisor: 'sysvinit',
  by: '/etc/init.d/tunnel-NAME VERB',
  unit: 'tunnel-NAME',
  path: '/etc/init.d/tunnel-NAME',
  port: 8081,
  boots: true,
})

describeSupervised(() => lab, {
  client: 'far',
  supervisor: 'openrc',
  by: 'rc-service tunnel-NAME VERB',
  unit: 'tunnel-NAME',
  path: '/etc/init.d/tunnel-NAME',
  port: 8082,
  boots: true,
})
