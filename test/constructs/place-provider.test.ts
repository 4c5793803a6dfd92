// The provider that synthesis places into a stack's folder is what the real terraform installs, without a network.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type App, TerraformProvider, TerraformStack } from 'cdktf'
import { Host, SshtunnelProvider, Tunnel } from '../../constructs'
import { makeFolder, readStack, synthesizeApp, writeBundle } from './synthesize'
import { terraform } from './terraform'

class NullProvider extends TerraformProvider {
  constructor(stack: TerraformStack, providerVersion: string) {
    const terraformGeneratorMetadata = { providerName: 'null', providerVersion }
    super(stack, 'null', { terraformResourceType: 'null', terraformProviderSource: 'null', terraformGeneratorMetadata })
  }
}

function buildStack(app: App, nullVersion?: string): TerraformStack {
  const stack = new TerraformStack(app, 'main')
  const props = { forward: 'local', listen: '203.0.113.20:8022', far: 'nas:22' } as const
  new Tunnel(stack, 'nas', { client: Host.at({ address: '203.0.113.20' }), ...props })
  if (nullVersion) new NullProvider(stack, nullVersion)
  return stack
}

/** The stack's folder; a second run into the same folder is a second `cdktf synth`. */
function place(bundle: string, folder = makeFolder(), nullVersion?: string): string {
  return join(
    synthesizeApp(app => buildStack(app, nullVersion), bundle, folder),
    'stacks',
    'main',
  )
}

const versionsIn = (folder: string) =>
  readdirSync(join(folder, 'terraform.d/plugins/terraform.local/tunnels/sshtunnel'))
const lockOf = (folder: string) => readFileSync(join(folder, '.terraform.lock.hcl'), 'utf8')

test('terraform init takes it and finds nothing to change in the lock file', () => {
  const folder = place(writeBundle('one'))
  const lock = lockOf(folder)
  const { status, output } = terraform(folder, ['init', '-no-color', '-lockfile=readonly'])
  expect(output).toContain('Installed terraform.local/tunnels/sshtunnel v')
  expect(status).toBe(0)
  expect(lockOf(folder)).toBe(lock)
})

test('the same content keeps its version, other content gets another one, and only the newest stays', () => {
  const outdir = makeFolder()
  const versions = ['one', 'two', 'two'].map(content => versionsIn(place(writeBundle(content), outdir)))
  expect(versions.map(list => list.length)).toEqual([1, 1, 1])
  expect(versions[1]).not.toEqual(versions[0])
  expect(versions[2]).toEqual(versions[1])
  const folder = join(outdir, 'stacks', 'main')
  expect(readStack(outdir, 'main').terraform.required_providers.sshtunnel?.version).toBe(versions[2]?.[0])
  expect(terraform(folder, ['init', '-no-color', '-lockfile=readonly']).status).toBe(0)
})

test('a new version after an init needs no more than another init', () => {
  const outdir = makeFolder()
  const before = place(writeBundle('one'), outdir)
  expect(terraform(before, ['init', '-no-color']).status).toBe(0)
  const after = place(writeBundle('two'), outdir)
  expect(terraform(after, ['init', '-no-color', '-lockfile=readonly'])).toMatchObject({ status: 0 })
})

test('checkouts that share a plugin cache do not disturb each other, whatever comes and goes', () => {
  const cache = makeFolder()
  const init = (folder: string) =>
    terraform(folder, ['init', '-no-color', '-lockfile=readonly'], { TF_PLUGIN_CACHE_DIR: cache })
  const usable = (folder: string) => {
    expect(init(folder)).toMatchObject({ status: 0 })
    const home = join(folder, '.terraform/providers/terraform.local/tunnels/sshtunnel', versionsIn(folder)[0] ?? '')
    return execFileSync('find', ['-L', home, '-name', '*.cjs', '-exec', 'cat', '{}', ';'], { encoding: 'utf8' })
  }
  const [first, second] = [makeFolder(), makeFolder()]
  const [a, b] = [place(writeBundle('one'), first), place(writeBundle('one'), second)]
  expect([usable(a), usable(b), usable(a)]).toEqual(['one', 'one', 'one'])
  // The cache leads to a, which moves on to another version: b's own files are still there.
  place(writeBundle('two'), first)
  expect([usable(a), usable(b), usable(a)]).toEqual(['two', 'one', 'two'])
  rmSync(first, { recursive: true })
  expect(usable(place(writeBundle('two'), second))).toBe('two')
})

test('it starts below a package.json that makes every .js a module', () => {
  const project = makeFolder()
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }')
  const bundle = writeBundle(`#!/usr/bin/env node\nconsole.log(typeof require, process.argv.length)\n`)
  const folder = place(bundle, join(project))
  const program = execFileSync('find', [join(folder, 'terraform.d'), '-type', 'f'], { encoding: 'utf8' }).trim()
  expect(execFileSync(program, { encoding: 'utf8' })).toBe('function 2\n')
})

test('locks of other providers stay as they are', () => {
  const outdir = makeFolder()
  const folder = join(outdir, 'stacks', 'main')
  mkdirSync(folder, { recursive: true })
  const other =
    'provider "registry.terraform.io/hashicorp/null" {\n  version = "3.2.4"\n  hashes = [\n    "h1:x",\n  ]\n}\n'
  writeFileSync(join(folder, '.terraform.lock.hcl'), `# mine\n\n${other}`)
  place(writeBundle('one'), outdir, '3.2.4')
  const once = lockOf(folder)
  place(writeBundle('two'), outdir, '3.2.4')
  expect(once).toContain(`# mine\n\n${other}`)
  expect(lockOf(folder)).toContain(`# mine\n\n${other}`)
  expect(lockOf(folder).match(/^provider /gm)).toHaveLength(2)
  expect(lockOf(folder)).not.toBe(once)
})

test('another provider with an exact version is locked too, and init fills in its checksum', () => {
  const outdir = makeFolder()
  const folder = place(writeBundle('one'), outdir, '3.2.3')
  place(writeBundle('one'), outdir, '3.2.4')
  expect(lockOf(folder)).toContain('provider "registry.terraform.io/hashicorp/null" {\n  version     = "3.2.4"')
  const platforms = readdirSync(
    join(folder, 'terraform.d/plugins/terraform.local/tunnels/sshtunnel', versionsIn(folder)[0] ?? ''),
  )
  const leaf = join(folder, 'terraform.d/plugins/registry.terraform.io/hashicorp/null/3.2.4', ...platforms)
  mkdirSync(leaf, { recursive: true })
  writeFileSync(join(leaf, 'terraform-provider-null_v3.2.4'), 'null', { mode: 0o755 })
  expect(terraform(folder, ['init', '-no-color'])).toMatchObject({ status: 0 })
  expect(lockOf(folder).match(/"h1:/g)).toHaveLength(2)
  place(writeBundle('one'), outdir, '3.2.4')
  expect(terraform(folder, ['init', '-no-color', '-lockfile=readonly'])).toMatchObject({ status: 0 })
})

test('another provider with a range gets a warning that says what to do', () => {
  const outdir = makeFolder()
  place(writeBundle('one'), outdir, '~> 3.0')
  const manifest = JSON.parse(readFileSync(join(outdir, 'manifest.json'), 'utf8'))
  expect(manifest.stacks.main.annotations).toEqual([
    expect.objectContaining({ message: expect.stringContaining('null ~> 3.0'), level: '@cdktf/warn' }),
  ])
})

test('a provider construct of the user is found again wherever it is', () => {
  const outdir = synthesizeApp(app => {
    const stack = new TerraformStack(app, 'main')
    const own = new SshtunnelProvider(stack, 'mine', { bundle: writeBundle('mine') })
    expect(SshtunnelProvider.of(stack)).toBe(own)
  })
  expect(readStack(outdir, 'main').provider).toEqual({
    sshtunnel: [{ owner: expect.stringMatching(/^main\.[0-9a-f]{8}$/) }],
  })
})
