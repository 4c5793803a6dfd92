// The handshake, with a real provider process and Node's own TLS in the place of Terraform.
import { type ChildProcess, spawn } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { connect as connectPlain } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { type Certificate, makeCertificate, toPem } from '../../provider/plugin/certificate'
import { bundleToy } from './toy-program'

const COOKIE = 'd602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2'
const HTTP2_PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'

const base = mkdtempSync(join(tmpdir(), 'hs-'))
const program = join(base, 'toy.cjs')
const client = makeCertificate()
const children: ChildProcess[] = []

beforeAll(() => bundleToy(program))
afterEach(async () => {
  for (const child of children.splice(0)) await end(child)
})
afterAll(() => rmSync(base, { recursive: true, force: true }))

function startToy(env: Record<string, string>) {
  const child = spawn(process.execPath, [program], {
    env: { PATH: process.env.PATH ?? '', TMPDIR: base, TOY_FOLDER: base, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  return child
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

async function shakeHands(env: Record<string, string>) {
  const child = startToy({ TF_PLUGIN_MAGIC_COOKIE: COOKIE, PLUGIN_PROTOCOL_VERSIONS: '6,5', ...env })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const [, core, protocol, network, address, kind, certificate = ''] =
    /^(\d)\|(\d)\|(\w+)\|([^|]+)\|(\w+)\|(.*)\n$/.exec(String(line)) ?? []
  return { child, core, protocol, network, address: address ?? '', kind, certificate }
}

/** "served" once the server speaks HTTP/2, else how it hung up. */
function callOverTls(path: string, trusted: Buffer, own?: Certificate): Promise<string> {
  return new Promise(resolve => {
    const socket = connect({
      path,
      ca: toPem(trusted),
      servername: 'localhost',
      ALPNProtocols: ['h2'],
      ...(own && { cert: own.pem, key: own.keyPem }),
    })
    const finish = (result: string) => {
      socket.destroy()
      resolve(result)
    }
    socket.on('secureConnect', () => socket.write(HTTP2_PREFACE, 'latin1'))
    socket.on('data', () => finish(`served ${socket.getProtocol()} ${socket.alpnProtocol} ${socket.authorized}`))
    socket.on('error', (error: NodeJS.ErrnoException) => finish(`refused ${error.code}`))
    socket.on('close', () => finish('refused'))
  })
}

test('Terraform gets one line with the socket and the certificate, and its certificate opens the door', async () => {
  const { core, protocol, network, address, kind, certificate } = await shakeHands({ PLUGIN_CLIENT_CERT: client.pem })
  expect([core, protocol, network, kind]).toEqual(['1', '6', 'unix', 'grpc'])
  expect(certificate).toMatch(/^[A-Za-z0-9+/]+$/)
  const trusted = Buffer.from(certificate, 'base64')
  const x509 = new X509Certificate(trusted)
  expect(x509.subjectAltName).toBe('DNS:localhost')
  expect(x509.verify(x509.publicKey)).toBe(true)
  expect(await callOverTls(address, trusted, client)).toBe('served TLSv1.3 h2 true')
})

test('a client without a certificate or with a wrong one is refused', async () => {
  const { address, certificate } = await shakeHands({ PLUGIN_CLIENT_CERT: client.pem })
  const trusted = Buffer.from(certificate, 'base64')
  expect(await callOverTls(address, trusted)).toMatch(/^refused/)
  expect(await callOverTls(address, trusted, makeCertificate())).toMatch(/^refused/)
  expect(await callOverTls(address, trusted, client)).toMatch(/^served/)
})

test('under TF_DISABLE_PLUGIN_TLS, when Terraform sends no certificate, the server speaks plainly', async () => {
  const { address, certificate } = await shakeHands({ TF_DISABLE_PLUGIN_TLS: '1' })
  expect(certificate).toBe('')
  const socket = connectPlain(address)
  socket.write(HTTP2_PREFACE, 'latin1')
  const [frame] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  expect(frame[3]).toBe(4) // a SETTINGS frame (RFC 9113, 6.5)
})

test('a long TMPDIR does not cut the path of the socket', async () => {
  const long = join(base, 'x'.repeat(100))
  mkdirSync(long)
  const { address, network } = await shakeHands({ TMPDIR: long })
  expect(network).toBe('unix')
  expect(address).toMatch(/^\/tmp\/tfp-/)
})

test('the socket has a folder that only its owner may enter, and SIGTERM takes it away', async () => {
  const { child, address } = await shakeHands({ PLUGIN_CLIENT_CERT: client.pem })
  expect(existsSync(address)).toBe(true)
  await end(child)
  expect(child.exitCode).toBe(0)
  expect(existsSync(join(address, '..'))).toBe(false)
})

test('SIGINT, which Ctrl-C sends to Terraform too, leaves the provider alive', async () => {
  const { child, address, certificate } = await shakeHands({ PLUGIN_CLIENT_CERT: client.pem })
  child.kill('SIGINT')
  expect(await callOverTls(address, Buffer.from(certificate, 'base64'), client)).toMatch(/^served/)
})

test.each([
  ['started by hand', {}, 'Terraform starts it by itself'],
  ['offered only protocol 5', { TF_PLUGIN_MAGIC_COOKIE: COOKIE, PLUGIN_PROTOCOL_VERSIONS: '5' }, 'protocol 6'],
])('%s, the program says what it is and fails', async (_title, env, message) => {
  const child = startToy(env)
  let said = ''
  child.stderr.on('data', text => {
    said += text
  })
  const [code] = await once(child, 'close')
  expect(code).toBe(1)
  expect(said).toContain(message)
  expect(child.stdout.read()).toBeNull()
})
