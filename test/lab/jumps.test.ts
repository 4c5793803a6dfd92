// A tunnel whose ssh goes over two jump hosts, where its client cannot reach the server itself.
//
//    near --> middle --> gate --> far: the router lets nothing else through between them
import { fingerprint, type Lab, startLab } from '../../lab'
import { waitFor } from '../../lab/command'
import { hostsOf, makeStack, type Resources, type Stack } from './stack'

let lab: Lab
let stack: Stack
let before: string[]

const machines = () => [lab.hosts.near, lab.hosts.middle, lab.gate, lab.hosts.far]
const fingerprints = () => Promise.all(machines().map(host => fingerprint(host)))

/** Between hosts of the lab this way alone is open. */
const oneWay = `table inet ways
delete table inet ways
table inet ways {
  chain forward {
    type filter hook forward priority 5;
    iifname { "near", "middle" } oifname "far" drop
    iifname "near" oifname "gate" drop
    iifname "far" oifname { "near", "middle" } drop
    iifname "gate" oifname "near" drop
  }
}`
const setWays = (rules: string) => lab.onRouter(`nft -f - <<'END'\n${rules}\nEND`)
const everyWay = 'table inet ways\ndelete table inet ways'

const host = (name: 'near' | 'middle' | 'far' | 'gate') =>
  name === 'gate'
    ? { name, address: lab.gate.address, identity_file: lab.keyFile, known_hosts: lab.knownHosts }
    : hostsOf(lab)(name)

type Jump = 'middle' | 'gate'

/** near reads far's page at its own port, and far logs in to near at its own. */
const declare = (jumps: readonly Jump[], further: Resources = {}) => {
  const way = {
    client: host('near'),
    ...(jumps.length > 0 && { jumps: jumps.map(host) }),
    server: host('far'),
  }
  stack.declare({
    page: { ...way, forward: 'local', listen: '127.0.0.1:5432', far: '127.0.0.1:80' },
    login: { ...way, forward: 'remote', listen: '192.0.2.130:8022', far: '127.0.0.1:22' },
    ...further,
  })
}

const readPage = async () => (await lab.hosts.near.exec('curl -s --max-time 3 http://127.0.0.1:5432/')).stdout
const readLogin = async () => (await lab.hosts.far.exec('nc -w 3 192.0.2.130 8022 </dev/null')).stdout

beforeAll(async () => {
  lab = await startLab({ gate: true })
  stack = await makeStack(lab)
  await setWays(oneWay)
  before = await fingerprints()
})
afterAll(async () => {
  await lab?.stop()
  stack?.remove()
})

test('its client cannot reach the server itself', async () => {
  const { stdout } = await lab.hosts.near.exec('nc -w 2 192.0.2.130 22 </dev/null')
  expect(stdout).toBe('')
})

test('a plan shows what will stand on each jump host', async () => {
  declare(['middle', 'gate'])
  const { text, code } = await stack.plan()
  expect({ text, code }).toMatchObject({ code: 2 })
  expect(text).toContain('Plan: 2 to add')
  expect(text.replace(/ +/g, ' ')).toMatch(/jump_logins = \[/)
  expect(text).toContain('permitopen=\\"198.18.0.40:22\\"')
  expect(text).toContain('permitopen=\\"192.0.2.130:22\\"')
})

test('both forwards come up over both, and are proved', async () => {
  await stack.mustApply()
  expect(await readPage()).toBe('hello from far\n')
  expect(await readLogin()).toMatch(/^SSH-2\.0-/)
  expect(stack.attributes('page').proof).toMatchObject({ answered: true })
  expect(stack.attributes('page').command).toBe(
    'ssh -N -L 127.0.0.1:5432:127.0.0.1:80 -J tun-page@203.0.113.20,tun-page@198.18.0.40 tun-page@192.0.2.130',
  )
})

test('the next plan is empty', async () => {
  expect(await stack.plan()).toMatchObject({ code: 0 })
})

test('destroy leaves all four hosts as they were', async () => {
  await stack.destroy()
  expect(await fingerprints()).toEqual(before)
})
void waitFor
void everyWay
