// Many hosts behind one door, and doors that are hard to get through: one login a jump host, few at a time, patience with a busy sshd,
// and nothing that makes it ban us.
import { once } from 'node:events'
import { type AddressInfo, connect as connectSocket, createServer, type Socket } from 'node:net'
import { Fault } from '../../engine/fault'
import { makePool } from '../../engine/host/pool'
import type { Host, Jump } from '../../schemas/types'
import { type Lab, makeKey, makeLab, type Sshd } from './sshd'

let lab: Lab

beforeAll(() => {
  lab = makeLab()
})
afterAll(() => lab.end())

/** Beyond five that have not logged in it drops every one. */
const strict = ['MaxStartups 5:100:5']

const asJump = ({ name, address = '', port, hostKey, identityFile }: Host): Jump => ({
  name,
  address,
  port,
  hostKey,
  identityFile,
})
const countLogins = ({ log }: Sshd) => log().match(/Accepted publickey/g)?.length ?? 0

async function faultOf(failing: Promise<unknown>): Promise<Fault> {
  const result = await failing.catch((error: unknown) => error)
  if (!(result instanceof Fault)) throw new Error(`expected a fault, got ${String(result)}`)
  return result
}

/** Before an sshd: does what it is told with the first connections, and passes on the others. */
async function startDoor(to: number, ...first: readonly ((socket: Socket) => void)[]) {
  const ends: Socket[] = []
  let count = 0
  const server = createServer(socket => {
    ends.push(socket)
    socket.on('error', () => {})
    const odd = first[count++] ?? (to === 0 ? first.at(-1) : undefined)
    if (odd) return odd(socket)
    const onward = connectSocket(to, '127.0.0.1')
    onward.on('error', () => {})
    ends.push(onward)
    socket.pipe(onward).pipe(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    count: () => count,
    close: () => {
      for (const end of ends) end.destroy()
      server.close()
    },
  }
}

const says = (text: string) => (socket: Socket) => socket.end(text)
const reset = (socket: Socket) => socket.resetAndDestroy()
/** What sshd says, 9.8 or later, to whom it bans; the connection ends with a reset, for our first line is never read. */
const bans = (socket: Socket) =>
  socket.write('Not allowed at this time\r\n', () => setImmediate(() => socket.resetAndDestroy()))

/** As many hosts as sshd sees logins: a login of another text is another one, as those of other users are. */
const twenty = (host: Host): Host[] => [...Array(20).keys()].map(at => ({ ...host, hostKey: `${host.hostKey} ${at}` }))

test('two hosts that are reached by one login share it, until the last lets it go', async () => {
  const sshd = await lab.startSshd('shared', strict)
  const pool = makePool()
  const [one, other] = await Promise.all([pool.connect(sshd.host), pool.connect({ ...sshd.host, become: 'sudo' })])
  one.close()
  expect((await other.run({ name: 'echo', text: 'echo still' }, [])).stdout).toBe('still\n')
  expect(countLogins(sshd)).toBe(1)
  pool.closeAll()
  await other.closed
})

test('twenty logins at once to one sshd all work', async () => {
  const { host } = await lab.startSshd('many-users', strict)
  const pool = makePool()
  const reached = await Promise.all(twenty(host).map(one => pool.connect(one)))
  expect(reached).toHaveLength(20)
  pool.closeAll()
})

test('they come a few at a time: sshd begins to drop from its tenth on (MaxStartups)', async () => {
  const { host } = await lab.startSshd('unasked')
  const waiting: Socket[] = []
  let most = 0
  /** Lets them wait until no more come; nothing is tried again after such an answer. */
  const hold = (socket: Socket) => {
    waiting.push(socket)
    most = Math.max(most, waiting.length)
    setTimeout(() => {
      if (waiting.at(-1) !== socket) return
      for (const one of waiting.splice(0)) one.end('HTTP/1.1 400 Bad Request\r\n\r\n')
    }, 100)
  }
  const door = await startDoor(0, hold)
  const pool = makePool()
  const ends = await Promise.all(twenty({ ...host, port: door.port }).map(one => faultOf(pool.connect(one))))
  door.close()
  expect(ends).toHaveLength(20)
  expect(most).toBe(4)
})

describe('jump hosts', () => {
  test('twenty hosts behind one jump host are all reached, by one login there', async () => {
    const [jump, inner] = await Promise.all([
      lab.startSshd('jump', strict),
      lab.startSshd('inner', ['MaxStartups 100']),
    ])
    const pool = makePool()
    const via = [asJump(jump.host)]
    const hosts = twenty({ ...inner.host, via })
    const reached = await Promise.all(hosts.map(one => pool.connect(one)))
    const ran = await Promise.all(reached.map(one => one.run({ name: 'echo', text: 'echo here' }, [])))
    expect(ran.map(({ stdout }) => stdout)).toEqual(Array(20).fill('here\n'))
    expect([countLogins(jump), countLogins(inner)]).toEqual([1, 20])
    // A jump host that is a host itself is logged in to already.
    await pool.connect(jump.host)
    expect(countLogins(jump)).toBe(1)
    pool.closeAll()
    await Promise.all(reached.map(({ closed }) => closed))
    await jump.logged(/Disconnected from user root/)
    expect(jump.log()).not.toMatch(/drop connection|beginning MaxStartups/)
  })

  test('where the jump host fails, each host tells its own way to it', async () => {
    const jump = await lab.startSshd('bastion')
    const via = [{ ...asJump(jump.host), identityFile: makeKey(lab.dir, 'stranger-to-jump') }]
    const pool = makePool()
    const faults = await Promise.all(
      ['one', 'two'].map(name => faultOf(pool.connect({ ...jump.host, name, address: `${name}.invalid`, via }))),
    )
    expect(faults.map(({ what }) => what)).toEqual(
      ['one', 'two'].map(name =>
        expect.stringMatching(`^jump host bastion .hop 1 of 1 on the way to ${name}. refused`),
      ),
    )
    expect(jump.log().match(/Connection from/g)).toHaveLength(1)
  })
})

describe('a connection that is dropped before the login', () => {
  const inKeyExchange = says('SSH-2.0-OpenSSH_9.2p1\r\n')
  let sshd: Sshd
  /** Each takes seconds, so all knock side by side. */
  let knocks: Record<'busy' | 'full' | 'banned', Awaited<ReturnType<typeof knock>>>

  /** At a door in front of sshd, or of nobody. */
  async function knock(to: number, ...first: Parameters<typeof startDoor>[1][]) {
    const [door, pool] = [await startDoor(to, ...first), makePool()]
    const host = { ...sshd.host, port: door.port }
    return { door, pool, host, end: pool.connect(host).catch((why: unknown) => why as Fault) }
  }

  beforeAll(async () => {
    sshd = await lab.startSshd('busy')
    const [busy, full, banned] = await Promise.all([
      knock(sshd.port, reset, says(''), says('Exceeded MaxStartups\r\n'), inKeyExchange),
      knock(0, says('Exceeded MaxStartups\r\n')),
      knock(0, bans),
    ])
    knocks = { busy, full, banned }
  })
  afterAll(() => {
    for (const { pool, door } of Object.values(knocks)) {
      pool.closeAll()
      door.close()
    }
  })

  test('is tried again until one gets through, however it was dropped', async () => {
    const { end, door } = knocks.busy
    const reached = await end
    if (reached instanceof Fault) throw reached
    expect((await reached.run({ name: 'echo', text: 'echo here' }, [])).stdout).toBe('here\n')
    expect(door.count()).toBe(5)
  })

  test('is a fault that says so when none does, and then nobody knocks again for a while', async () => {
    const { pool, door, host } = knocks.full
    const fault = await faultOf(knocks.full.end)
    expect(fault.code).toBe('connection-dropped')
    expect(fault.message).toMatch(/MaxStartups/)
    expect(fault.happened).toMatch(/[3-6] attempts in /)
    const before = door.count()
    expect((await faultOf(pool.connect(host))).code).toBe('connection-dropped')
    expect(door.count()).toBe(before)
  })

  test('is another fault where sshd keeps our address out, after few attempts', async () => {
    const fault = await faultOf(knocks.banned.end)
    expect(fault.code).toBe('connection-not-allowed')
    expect(fault.happened).toMatch(/^its sshd says: Not allowed at this time\n[2-4] attempts in /)
    expect(fault.cure).toMatch(/PerSourcePenalties.*PerSourcePenaltyExemptList.*Maxstartups/)
    expect(knocks.banned.door.count()).toBeLessThanOrEqual(4)
  })

  test('is not tried again where something else than sshd answers', async () => {
    const door = await startDoor(0, says('HTTP/1.1 400 Bad Request\r\n\r\n'))
    expect((await faultOf(makePool().connect({ ...sshd.host, port: door.port }))).code).toBe('host-unreachable')
    expect(door.count()).toBe(1)
    door.close()
  })
})

test('a login that is refused, and a host key that is wrong, are asked once, however often somebody wants it', async () => {
  const sshd = await lab.startSshd('judge')
  const pool = makePool()
  const other = await lab.startSshd('another')
  const wrong = [{ identityFile: makeKey(lab.dir, 'stranger') }, { hostKey: other.hostKey }]
  for (const [at, change] of wrong.entries()) {
    for (let ask = 0; ask < 10; ask++) {
      expect((await faultOf(pool.connect({ ...sshd.host, ...change }))).code).toBe(
        ['login-refused', 'host-key-mismatch'][at],
      )
    }
  }
  expect(sshd.log().match(/Connection from/g)).toHaveLength(2)
})
