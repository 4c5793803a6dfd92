// A client in a container with no init at all. OpenRC and sysvinit are tried in test/wide.
import { type Lab, startLab } from '../../lab'
import { describeSupervised } from './supervision'

let lab: Lab
beforeAll(async () => {
  lab = await startLab({ images: { near: 'no-init' } })
})
afterAll(() => lab?.stop())

describeSupervised(() => lab, {
  client: 'near',
  supervisor: 'pidfile',
  by: '/etc/ssh-tunnels/NAME/service VERB',
  unit: '/etc/ssh-tunnels/NAME/service',
  path: '/etc/ssh-tunnels/NAME/service',
  port: 8081,
  boots: false,
})
