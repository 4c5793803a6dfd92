// Whether a host reaches an endpoint: who is asked at a terminal does not wait long for one that says nothing.
import { Duplex } from 'node:stream'
import { Fault } from '../../engine/fault'
import type { Reach } from '../../engine/host'
import { answersFrom } from '../../engine/host/greet'
import { usePool } from '../../engine/host/pool'

const near = { name: 'near', address: '198.51.100.10' }
const never = new Promise<never>(() => {})
const refuse = (code: 'dial-failed' | 'dial-prohibited' | 'connection-lost') => () =>
  Promise.reject(new Fault({ code, host: 'near', what: code }))

function dialsWith(dial: () => Promise<Duplex>): void {
  const reach = { name: 'near', hostKey: null, ownAddress: async () => null, closed: never, close: () => {}, dial }
  const connect = async (): Promise<Reach> => ({ ...reach, run: () => never })
  usePool({ connect, connectAfresh: connect, closeAll: () => {} })
}

test.each<[string, () => Promise<Duplex>, boolean | null]>([
  ['it answers', async () => Duplex.from([]), true],
  ['it refuses', refuse('dial-failed'), false],
  ['nothing comes back', () => never, false],
  ['the host does not forward', refuse('dial-prohibited'), null],
])('where %s', async (_when, dial, answers) => {
  dialsWith(dial)
  expect(await answersFrom(near, 'far:80', 50)).toBe(answers)
})

test('where the connection to the host is lost nothing is told of far', async () => {
  dialsWith(refuse('connection-lost'))
  await expect(answersFrom(near, 'far:80', 50)).rejects.toMatchObject({ code: 'connection-lost' })
})

test('a connection that opens too late is closed', async () => {
  const stream = Duplex.from([])
  const closed = new Promise(done => stream.once('close', done))
  let open = (_stream: Duplex) => {}
  dialsWith(
    () =>
      new Promise(resolve => {
        open = resolve
      }),
  )
  expect(await answersFrom(near, 'far:80', 20)).toBe(false)
  open(stream)
  await closed
})
