// What is seen of a key exchange by whoever carries it: a key only where the client has gone on from it, and where it cannot have been another one.
import { watchKex } from '../../engine/host/kex-watch'
import { field } from '../../engine/host/wire'

/** A packet in clear, with four bytes of padding. */
function packet(type: number, ...fields: readonly string[]): Buffer {
  const payload = Buffer.concat([Buffer.from([type]), ...fields.map(field)])
  return field(Buffer.concat([Buffer.from([4]), payload, Buffer.alloc(4)]))
}

const version = Buffer.from('SSH-2.0-OpenSSH_9.2\r\n')
const kexinit = packet(20, 'cookie')
const reply = (key: string) => packet(31, key, 'point', 'signature')
const newkeys = packet(21)
const encrypted = Buffer.from('ffffffff1f00000000000000', 'hex')

function see(host: readonly Buffer[], client: readonly Buffer[], size = 1000): string | null {
  const kex = watchKex()
  const send = (all: readonly Buffer[], to: (chunk: Buffer) => void) => {
    const bytes = Buffer.concat(all)
    for (let at = 0; at < bytes.length; at += size) to(bytes.subarray(at, at + size))
  }
  send(host, kex.fromHost)
  send(client, kex.fromClient)
  return kex.accepted()?.toString() ?? null
}

const client = [version, kexinit, packet(30, 'point'), newkeys]

test.each([1, 7, 1000])('the key of an exchange that the client goes on from, in pieces of %s bytes', size => {
  expect(see([version, kexinit, reply('key'), newkeys, encrypted], client, size)).toBe('key')
  expect(see([Buffer.from('a line\nanother\n'), version, kexinit, reply('key')], client, size)).toBe('key')
})

test.each<[string, readonly Buffer[], readonly Buffer[]]>([
  ['the client has not gone on', [version, kexinit, reply('key'), newkeys], client.slice(0, 3)],
  ['two keys are shown', [version, kexinit, reply('key'), reply('other'), newkeys], client],
  ['one is shown before it is asked for', [version, reply('other'), kexinit, reply('key'), newkeys], client],
  ['something is said in between', [version, kexinit, packet(2, 'ignore'), reply('key'), newkeys], client],
  ['there is none', [version, kexinit, newkeys], client],
  ['the reply is cut', [version, kexinit, reply('key').subarray(0, 12)], client],
  ['it is far too long', [Buffer.alloc(600_000, 'x'), Buffer.from('\n'), version, kexinit, reply('key')], client],
  [
    'another may be hidden behind too much',
    [
      Buffer.alloc(520_000, 'x'),
      Buffer.from('\n'),
      version,
      kexinit,
      reply('other'),
      Buffer.alloc(10_000),
      reply('key'),
    ],
    client,
  ],
  ['the host alone says that it goes on', [version, kexinit, reply('key'), newkeys, ...client], []],
])('none where %s', (_, host, from) => {
  expect(see(host, from)).toBeNull()
})
