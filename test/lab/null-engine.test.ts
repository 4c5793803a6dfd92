// First light with both engines: the same spec on the same clean hosts, byte for byte the same; then what null_resource adds to it.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { type HostName, type Lab, startLab } from '../../lab'
import { waitFor } from '../../lab/command'
import { installNullProvider, type NullProvider } from '../null-engine/null-provider'
import { findTerraform } from '../provider/terraform'
import { fetchPage, fingerprints, names, readBanner, untilBanner, untilPage } from './stack'

const root = join(__dirname, '../..')

let lab: Lab
let base: string
let project: string
let nullProvider: NullProvider
beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'null-engine-'))
  project = join(base, 'project')
  mkdirSync(project)
  const settings = JSON.parse(readFileSync(join(root, 'cdktf.json'), 'utf8')) as object
  writeFileSync(join(project, 'cdktf.json'), JSON.stringify({ ...settings, app }))
  lab = await startLab({ log: () => {} })
  nullProvider = await installNullProvider(base)
  process.stderr.write(`null engine: tested with ${nullProvider.says}\n`)
})
afterAll(async () => {
  await lab?.stop()
  rmSync(base, { recursive: true, force: true })
})

function writeSpec(head: string, change: (spec: string) => string = spec => spec): void {
  const { near, middle } = lab.hosts
  const reach = (host: typeof near) =>
    `{ address: ${host.address}, hostKey: ${host.hostKey}, identityFile: ${lab.keyFile} }`
  const text = `version: 1
${head}
hosts:
  near: ${reach(near)}
  middle:
    <<: ${reach(middle)}
    sshd: { clientAliveInterval: 45 }
    firewall: { openPorts: [{ port: 8443, from: [192.0.2.0/24] }] }
tunnels:
  server935-ssh: { client: middle, forward: local, listen: "${middle.address}:110", far: "server935:22" }
  web:
    client: near
    server: middle
    forward: remote
    listen: ${middle.address}:8080
    far: far:80
    allowFrom: [192.0.2.0/24]
`
  writeFileSync(join(project, 'tunnels.yaml'), change(text))
}

/** A provider_installation block of a CLI configuration would hide the stack's own terraform.d (docs/decisions/0001). */
const ownProvider = { TF_CLI_CONFIG_FILE: undefined }

const stack = () => join(project, 'cdktf.out/stacks/tunnels')
const app = `node --require ${join(root, 'node_modules/tsx/dist/cjs/index.cjs')} ${join(root, 'main.ts')}`

async function must(argv: readonly string[], cwd: string, engine: NodeJS.ProcessEnv): Promise<string> {
  const env = { HOME: base, FORCE_COLOR: '0', CHECKPOINT_DISABLE: '1', DISABLE_VERSION_CHECK: '1', ...engine }
  const { code, stdout, stderr } = await lab.run('controller', argv, { cwd, env })
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}\n${stdout}${stderr}`)
  return stripVTControlCharacters(stdout)
}

/** What cdktf printed, without its own frame; throws it when cdktf fails. */
async function deploy(engine: NodeJS.ProcessEnv): Promise<string> {
  nullProvider.lock(stack())
  return must([join(root, 'node_modules/.bin/cdktf'), 'deploy', 'tunnels', '--auto-approve'], project, engine)
}

/** As cdktf does for each of its verbs; cdktf itself takes longer than all the rest. */
async function synth(engine: NodeJS.ProcessEnv): Promise<void> {
  await must(['sh', '-c', app], project, { ...engine, CDKTF_OUTDIR: join(project, 'cdktf.out') })
}
const terraform = (engine: NodeJS.ProcessEnv, ...words: string[]) =>
  must([findTerraform(), ...words, '-no-color'], stack(), engine)

/**
 * A fingerprint without what two deploys cannot have in common: the tunnels' keys, which are made anew on the client, and with
 * them authorized_keys; the numbers of the accounts, for useradd takes them as they come, and with them passwd, shadow, group,
 * gshadow and their backups as whole files (the accounts are compared line by line), and the numbers in the names of units of an account;
 * the order of lines that runs side by side write.
 */
function normalise(text: string): string[] {
  const [users, groups] = [idsOf(text, /^(tun-[^:]+):x:(\d+):\d+:/gm), idsOf(text, /^(tun-[^:]+):x:(\d+):[^:]*$/gm)]
  return text
    .split('\n')
    .map(line =>
      line
        .replace(/^(\/etc\/ssh-tunnels\/[^/]+\/(?:key|authorized_keys) .*) [0-9a-f]{64}$/, '$1 (its own)')
        .replace(/^(\/etc\/(?:passwd|group|shadow|gshadow)-? .*) [0-9a-f]{64}$/, '$1 (see accounts)')
        .replace(/^(tun-[^:]+:x):\d+(:\d+)?/, '$1:(ids)')
        .replace(/\/user@(\d+)\.service\.d/, (_, uid) => `/user@${users.get(uid) ?? uid}.service.d`)
        .replace(/ (\d+):(\d+) /, (_, uid, gid) => ` ${users.get(uid) ?? uid}:${groups.get(gid) ?? gid} `),
    )
    .sort()
}

const idsOf = (text: string, pattern: RegExp) =>
  new Map([...text.matchAll(pattern)].map(([, name = '', id = '']) => [id, name]))

async function normalised(): Promise<Record<HostName, string[]>> {
  const { near, middle, far } = await fingerprints(lab)
  return { near: normalise(near), middle: normalise(middle), far: normalise(far) }
}

async function bothAnswer(): Promise<void> {
  expect(await untilBanner(lab, 110)).toMatch(/^SSH-2\.0-/)
  expect(await untilPage(lab, 8080)).toContain('hello from far')
}

const pidOf = (host: HostName, tunnel: string) =>
  lab.hosts[host].sh(`systemctl show --property=MainPID --value tunnel-${tunnel}`)

test('both engines make the same hosts from the same spec, and take all of it back', async () => {
  const before = await fingerprints(lab)

  writeSpec('engine: provider')
  await synth(ownProvider)
  await terraform(ownProvider, 'init')
  expect(await terraform(ownProvider, 'apply', '-auto-approve')).toContain('3 added, 0 changed, 0 destroyed')
  await bothAnswer()
  const byProvider = await normalised()
  expect(byProvider.middle).not.toEqual(normalise(before.middle))
  await terraform(ownProvider, 'destroy', '-auto-approve')
  expect(await fingerprints(lab)).toEqual(before)

  writeSpec('engine: null')
  rmSync(join(project, 'cdktf.out'), { recursive: true })
  const said = await deploy(nullProvider.env)
  expect(said).toContain('3 added, 0 changed, 0 destroyed')
  expect(said).toMatch(/ \(local-exec\): tunnel web: 203\.0\.113\.20:8080 answers: HTTP/)
  // The command is shown, the values are not.
  expect(said).not.toMatch(/Executing: .*203\.0\.113\.20/)
  await bothAnswer()
  expect(await normalised()).toEqual(byProvider)

  expect(await terraform(nullProvider.env, 'plan')).toContain('No changes')

  writeSpec('engine: null', spec => spec.replace('allowFrom:', 'serverAlive: { interval: 20 }\n    allowFrom:'))
  await synth(nullProvider.env)
  const diff = await terraform(nullProvider.env, 'plan')
  expect(diff).toMatch(/\+ "server_alive_interval" *= "20"/)
  expect(diff).toContain('Plan: 1 to add, 0 to change, 1 to destroy')

  writeSpec('engine: null\nconverge: always')
  // Of the tunnel web everything stands, so its ssh goes on.
  await lab.hosts.middle.sh('rm /etc/ssh/sshd_config.d/10-ssh-tunnels.conf')
  await lab.hosts.middle.sh('systemctl reload ssh && systemctl stop tunnel-server935-ssh')
  expect(await readBanner(lab, 110)).toBeUndefined()
  const pid = await pidOf('near', 'web')
  await synth(nullProvider.env)
  expect(await terraform(nullProvider.env, 'apply', '-auto-approve')).toContain('3 added, 0 changed, 0 destroyed')
  await bothAnswer()
  expect(await normalised()).toEqual(byProvider)
  expect(await pidOf('near', 'web')).toBe(pid)

  expect(await terraform(nullProvider.env, 'destroy', '-auto-approve')).toContain('6 destroyed')
  expect(await readBanner(lab, 110)).toBeUndefined()
  expect(await fetchPage(lab, 8080)).toBeUndefined()
  const after = await fingerprints(lab)
  for (const name of names) expect(after[name]).toBe(before[name])
}, 240_000)

// At the latter all of it may still come to its end, and Terraform takes it for not made all the same.
test.each(['near: make the key pair', 'near: start tunnel-web'])(
  'Ctrl-C at "%s" takes back what was begun, and leaves no process behind',
  async moment => {
    const before = await fingerprints(lab)
    const child = lab.spawn('controller', [findTerraform(), 'apply', '-auto-approve', '-no-color'], {
      cwd: stack(),
      env: { ...process.env, HOME: base, CHECKPOINT_DISABLE: '1', ...nullProvider.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    const ended = new Promise<void>(resolve => child.on('close', () => resolve()))
    await new Promise<void>(resolve => {
      for (const stream of [child.stdout, child.stderr]) {
        stream?.setEncoding('utf8').on('data', text => {
          said += text
          if (said.includes(moment)) resolve()
        })
      }
      child.on('close', () => resolve())
    })
    process.kill(-(child.pid ?? 0), 'SIGINT')
    await ended
    expect(said).toContain('Interrupt received')
    // Each of them takes back what it began, one after the other on middle.
    await waitFor('the commands have ended', () => (groupIsEmpty(child.pid ?? 0) ? true : undefined), 240_000)
    await terraform(nullProvider.env, 'destroy', '-auto-approve')
    const after = await fingerprints(lab)
    for (const name of names) expect(after[name]).toBe(before[name])
  },
  300_000,
)

function groupIsEmpty(group: number): boolean {
  try {
    process.kill(-group, 0)
    return false
  } catch {
    return true
  }
}
