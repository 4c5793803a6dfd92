// Many hosts behind one door: so few logins at a time that its sshd, which drops connections beyond a few, drops none.
import { makePool } from '../../engine/host/pool'
import type { Host } from '../../schemas/types'
import { type Lab, makeLab } from './sshd'

let lab: Lab

beforeAll(() => {
  lab = makeLab()
})
afterAll(() => lab.end())

/** Beyond five that have not logged in it drops every one. */
const strict = ['MaxStartups 5:100:5']

test('twenty logins at once to one sshd all work', async () => {
  const { host, log } = await lab.startSshd('strict', strict)
  const pool = makePool()
  // A login of another text is another host, as those of other users are.
  const hosts: Host[] = [...Array(20).keys()].map(at => ({ ...host, addresses: [`192.0.2.${at}`] }))
  const reached = await Promise.all(hosts.map(one => pool.connect(one)))
  expect(reached).toHaveLength(20)
  pool.closeAll()
  expect(log()).not.toMatch(/drop connection|beginning MaxStartups/)
})

test('twenty hosts behind one jump host are all reached', async () => {
  const [jump, inner] = await Promise.all([lab.startSshd('jump', strict), lab.startSshd('inner', ['MaxStartups 100'])])
  const pool = makePool()
  const { address = '', port, user, hostKey, identityFile } = jump.host
  const via = [{ name: 'jump', address, port, user, hostKey, identityFile }]
  const hosts: Host[] = [...Array(20).keys()].map(at => ({ ...inner.host, via, addresses: [`192.0.2.${at}`] }))
  const reached = await Promise.all(hosts.map(one => pool.connect(one)))
  expect(reached).toHaveLength(20)
  pool.closeAll()
  expect(jump.log()).not.toMatch(/drop connection|beginning MaxStartups/)
})
