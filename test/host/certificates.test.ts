// Logins by what ssh2 has no word for: certificates of users, by a key of a file or of the agent, and keys in a token. The real sshd judges.
import { execFileSync, spawn } from 'node:child_process'
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import { copyFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { Fault } from '../../engine/fault'
import { type Reach, reach } from '../../engine/host'
import { field, fieldsOf } from '../../engine/host/wire'
import type { Host } from '../../schemas/types'
import { type Lab, makeKey, makeLab, readPublicKey, type Sshd } from './sshd'

let lab: Lab
let sshd: Sshd
let authority: string
const opened: Reach[] = []

beforeAll(async () => {
  lab = makeLab()
  authority = makeKey(lab.dir, 'authority')
  sshd = await lab.startSshd('middle', [`TrustedUserCAKeys ${authority}.pub`, 'AuthorizedKeysFile none'])
})
afterAll(async () => {
  for (const reached of opened) reached.close()
  await lab.end()
})

async function open(host: Host, environment: NodeJS.ProcessEnv = {}): Promise<Reach> {
  const reached = await reach(host, { environment: { HOME: lab.dir, ...environment } })
  opened.push(reached)
  expect((await reached.run({ name: 'echo', text: 'echo here' }, [])).stdout).toBe('here\n')
  return reached
}

async function faultOf(host: Host, environment?: NodeJS.ProcessEnv): Promise<Fault> {
  const result = await open(host, environment).catch((error: unknown) => error)
  if (!(result instanceof Fault)) throw new Error(`expected a fault, got ${String(result)}`)
  return result
}

/** Signs KEY.pub into KEY-cert.pub. */
function certify(key: string, ...options: readonly string[]): string {
  const words = ['-q', '-s', authority, '-I', 'anna', '-n', 'root', '-V', '-1m:+1h', ...options, `${key}.pub`]
  execFileSync('ssh-keygen', words)
  return `${key}-cert.pub`
}

const keyOf = (file: string) => readPublicKey(file).split(' ').slice(0, 2).join(' ')

test.each(['ed25519', 'ecdsa', 'rsa'])('the certificate beside a key of type %s logs in', async type => {
  const key = makeKey(lab.dir, `beside-${type}`, { type })
  const host = { ...sshd.host, identityFile: key }
  expect((await faultOf(host)).code).toBe('login-refused')
  certify(key)
  const reached = await open(host)
  expect(reached.loginKeys).toEqual([keyOf(key)])
  await sshd.logged(
    new RegExp(`Accepted publickey for root .*${type === 'rsa' ? 'RSA' : type.toUpperCase()}-CERT .*ID anna`),
  )
})

test('certificateFile names one that stands elsewhere; the key itself comes after it', async () => {
  const key = makeKey(lab.dir, 'elsewhere')
  const certificateFile = join(lab.dir, 'of-anna.pub')
  copyFileSync(certify(key, '-O', 'no-x11-forwarding'), certificateFile)
  execFileSync('rm', [`${key}-cert.pub`])
  await open({ ...sshd.host, identityFile: key, certificateFile })
  const plain = await lab.startSshd('plain', [`AuthorizedKeysFile ${key}.pub`])
  await open({ ...plain.host, identityFile: key, certificateFile })
  const refused = await faultOf({ ...sshd.host, user: 'admin', identityFile: key, certificateFile })
  expect(refused.happened).toContain(`${certificateFile}: certificate "anna" of SHA256:`)
})

test('one that cannot do is told before anybody is asked', async () => {
  const key = makeKey(lab.dir, 'wrong')
  const tell = async (certificateFile: string) => {
    const fault = await faultOf({ ...sshd.host, identityFile: key, certificateFile })
    expect(fault.code).toBe('certificate-invalid')
    return fault.happened
  }
  const before = sshd.log().length
  expect(await tell(certify(key, '-V', '20200101:20200102'))).toMatch(/^it has ended at 2020-01-0[12] /)
  expect(await tell(certify(key, '-V', '20990101:20990102'))).toMatch(/^it holds from (2098-12-31|2099-01-01) /)
  expect(await tell(certify(key, '-h'))).toBe('it is a certificate of a host')
  expect(await tell(`${key}.pub`)).toMatch(/^it is no certificate/)
  expect(await tell('/nowhere')).toMatch(/^it is no certificate/)
  expect(await tell(certify(makeKey(lab.dir, 'of-another')))).toMatch(
    /is neither in the identity files nor in the agent$/,
  )
  expect(sshd.log().slice(before)).not.toContain('Connection from')
})

test('one that is found, and cannot do, is told when the login is refused', async () => {
  const key = makeKey(lab.dir, 'ended')
  const file = certify(key, '-V', '20200101:20200102')
  const fault = await faultOf({ ...sshd.host, identityFile: key })
  expect(fault).toMatchObject({
    code: 'login-refused',
    happened: expect.stringContaining(`not tried: ${file}: it has ended at 2020-`),
  })
  certify(key, '-h')
  expect((await faultOf({ ...sshd.host, identityFile: key })).happened).toContain('it is a certificate of a host')
})

test('a key that the agent holds signs for its certificate, and one that the agent holds is offered', async () => {
  const socket = join(lab.dir, 'agent')
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] })
  await once(agent.stdout, 'data')
  const environment = { SSH_AUTH_SOCK: socket }
  const add = (file: string) => execFileSync('ssh-add', ['-q', file], { env: { ...process.env, ...environment } })
  const { identityFile: _, ...host } = sshd.host
  try {
    const key = makeKey(lab.dir, 'in-agent', { type: 'rsa' })
    add(key)
    expect((await faultOf(host, environment)).code).toBe('login-refused')
    const certificateFile = certify(key)
    await open({ ...host, identityFile: `${key}.pub`, certificateFile }, environment)
    // With the certificate that now stands beside it.
    certify(key, '-V', '20200101:20200102')
    add(key)
    expect((await faultOf(host, environment)).happened).toContain(
      'not tried: the agent\'s certificate "anna" of SHA256:',
    )
    certify(key)
    add(key)
    const reached = await open(host, environment)
    expect(reached.loginKeys).toEqual([keyOf(key)])
  } finally {
    agent.kill()
    await once(agent, 'close')
  }
})

/** An agent with one key in a token, in software: it signs as PROTOCOL.u2f has it. */
async function startToken(socket: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const point = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
  const type = 'sk-ssh-ed25519@openssh.com'
  const application = 'ssh:'
  const blob = Buffer.concat([type, point, application].map(field))
  const hash = (data: Buffer | string) => createHash('sha256').update(data).digest()
  // Somebody is there, and a counter.
  const flags = Buffer.from([1, 0, 0, 0, 7])
  const answer = (asked: Buffer): Buffer => {
    if (asked[0] === 11) return Buffer.concat([Buffer.from([12, 0, 0, 0, 1]), field(blob), field('token')])
    const data = fieldsOf(asked.subarray(1))[1] ?? Buffer.alloc(0)
    const signed = sign(null, Buffer.concat([hash(application), flags, hash(data)]), privateKey)
    return Buffer.concat([Buffer.from([14]), field(Buffer.concat([field(type), field(signed), flags]))])
  }
  const server = createServer(client => {
    client.on('data', asked => client.write(field(answer(asked.subarray(4)))))
  }).listen(socket)
  await once(server, 'listening')
  return { line: `${type} ${blob.toString('base64')} token`, end: () => server.close() }
}

test('a key in a token logs in by the agent, and its certificate too', async () => {
  const socket = join(lab.dir, 'token')
  const token = await startToken(socket)
  const file = join(lab.dir, 'id_sk')
  writeFileSync(`${file}.pub`, `${token.line}\n`)
  const taking = await lab.startSshd('takes-token', [`AuthorizedKeysFile ${file}.pub`])
  const { identityFile: _, ...host } = taking.host
  const environment = { SSH_AUTH_SOCK: socket }
  await open(host, environment)
  await open({ ...host, identityFile: file }, environment)
  await taking.logged(/Accepted publickey for root .*ED25519-SK /)
  certify(file)
  await open({ ...sshd.host, identityFile: file }, environment)
  await sshd.logged(/Accepted publickey for root .*ED25519-SK-CERT .*ID anna/)
  token.end()
})
