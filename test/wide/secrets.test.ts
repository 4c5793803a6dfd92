// Where private keys and passphrases are while a tunnel is made, changed and removed, and afterwards: in their own files, and nowhere else.
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Lab, startLab } from '../../lab'
import { killGroup, waitFor } from '../../lab/command'
import { hostsOf, makeStack, type Stack } from '../lab/stack'
import { foundIn, keySecret, passphraseSecret, read, type Secret, watch, writtenSince } from './secrets'

const passphrase = 'correct-horse battery/staple%s'
const hosts = ['near', 'middle', 'far'] as const
let lab: Lab
let stack: Stack
let folder: string
let agent: { readonly pid: number; readonly socket: string }
let secrets: Secret[]

beforeAll(async () => {
  lab = await startLab()
  stack = await makeStack(lab)
  folder = mkdtempSync(join(tmpdir(), 'secrets-'))
  agent = await startAgent()
  for (const host of hosts) await lab.hosts[host].sh('touch -d "1 second ago" /var/started')
})
afterAll(async () => {
  if (agent) killGroup(agent.pid)
  await lab?.stop()
  stack?.remove()
  if (folder) rmSync(folder, { recursive: true })
})

/** An agent with a key whose file asks for a passphrase; root and admin of middle let it in, and no other. */
async function startAgent() {
  const [file, socket] = [join(folder, 'id'), join(folder, 'agent')]
  const child = lab.spawn('controller', ['ssh-agent', '-D', '-a', socket], { stdio: 'ignore' })
  await waitFor('the agent', () => (existsSync(socket) ? true : undefined))
  const must = async (...argv: string[]) => {
    const { code, stderr } = await lab.run('controller', argv, { env: { SSH_AUTH_SOCK: socket } })
    if (code !== 0) throw new Error(stderr)
  }
  await must('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', file)
  await must('ssh-add', '-q', file)
  secrets = [
    keySecret("the agent's key", read(file)),
    keySecret('the key of identity_file', read(lab.keyFile)),
    passphraseSecret(passphrase),
  ]
  await must('ssh-keygen', '-q', '-p', '-P', '', '-N', passphrase, '-f', file)
  const line = read(`${file}.pub`)
  for (const home of ['/root', '~admin'])
    await lab.hosts.middle.sh(`cat >>${home}/.ssh/authorized_keys <<'END'\n${line}END`)
  return { pid: child.pid ?? 0, socket }
}

const trace = () => join(stack.folder, 'trace.log')
const terraform = async (...args: string[]) => {
  const said = await stack.run(args, { SSH_AUTH_SOCK: agent.socket, TF_LOG: 'trace', TF_LOG_PATH: trace() })
  return { ...said, text: said.text }
}

const declare = (port: number, server: object = {}) => {
  const host = hostsOf(lab)
  const { identity_file: _, ...middle } = host('middle', { user: 'admin', become: 'sudo', ...server })
  const listen = `203.0.113.20:${port}`
  stack.declare({
    web: { forward: 'remote', listen, far: 'far:80', client: host('near'), server: { ...middle, ...server } },
  })
}

/** With the tunnel's own key, once it is there. */
const all = async (): Promise<Secret[]> => [
  ...secrets,
  keySecret("the tunnel's key", await lab.hosts.near.sh('cat /etc/ssh-tunnels/web/key')),
]

const filesOf = (path: string): string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter(
      entry => entry.isFile() && !entry.parentPath.includes('terraform.d') && !entry.parentPath.includes('.terraform'),
    )
    .map(entry => join(entry.parentPath, entry.name))

test('a key is found by its needles, however it is wrapped', async () => {
  const own = [keySecret('it', read(lab.keyFile))]
  expect(foundIn(read(lab.keyFile), own)).toEqual(['it'])
  expect(foundIn(JSON.stringify({ key: read(lab.keyFile) }), own)).toEqual(['it'])
  expect(
    foundIn(Buffer.from(read(lab.keyFile).replace(/-----[^-]*-----/g, ''), 'base64').toString('latin1'), own),
  ).toEqual(['it'])
  expect(foundIn(read(`${lab.keyFile}.pub`), own)).toEqual([])
})

test('neither processes nor files, states, plans and logs hold a secret, on no host and not here', async () => {
  const watches = [...hosts, 'controller' as const].map(where => ({ where, seeing: watch(lab, where) }))
  const shown: [string, string][] = []
  const marker = 'words-of-a-process'
  for (const host of hosts) await lab.hosts[host].sh(`WATCHED=${marker} sleep 1`)
  await lab.run('controller', ['sleep', '1'], { env: { WATCHED: marker } })
  const step = async (what: string, ...args: string[]) => {
    const { code, text } = await terraform(...args)
    shown.push([what, text])
    expect({ what, code, text: code === 0 ? '' : text }).toEqual({ what, code: 0, text: '' })
  }
  declare(8080)
  await step('the plan', 'plan', '-out=plan.bin')
  await step('the plan in JSON', 'show', '-json', 'plan.bin')
  await step('the apply', 'apply', 'plan.bin')
  const known = await all()
  shown.push(['the state after it', read(join(stack.folder, 'terraform.tfstate'))])
  declare(8081)
  await step('the change', 'apply', '-auto-approve')
  await step('the state in JSON', 'show', '-json')
  // What it holds by then is an error's words, of a login that the passphrase keeps from us.
  declare(8082, { identity_file: join(folder, 'id') })
  const failed = await terraform('apply', '-auto-approve')
  expect(failed).toMatchObject({ code: 1, text: expect.stringContaining('protected by a passphrase') })
  shown.push(['the error', failed.text])
  declare(8081)
  await step('the destroy', 'destroy', '-auto-approve')

  for (const { where, seeing } of watches) {
    const seen = seeing.end()
    expect(seen).toContain(`WATCHED=${marker}`)
    shown.push([`processes and momentary files of ${where}`, seen])
  }
  for (const host of hosts) shown.push([`what was written on ${host}`, await writtenSince(lab, host, '/var/started')])
  for (const file of filesOf(join(stack.folder, '..'))) shown.push([file, read(file)])
  expect(read(trace())).toContain('[TRACE]')
  expect(shown.map(([what, text]) => [what, foundIn(text, known)]).filter(([, found]) => found?.length !== 0)).toEqual(
    [],
  )
  // The search sees what is there: the command line that sudo has logged, and the public half.
  const on = Object.fromEntries(shown)
  expect(on['what was written on middle']).toMatch(/COMMAND=\/\S*sh -c/)
  expect(on['the state in JSON']).toContain('ssh-ed25519 ')
})
