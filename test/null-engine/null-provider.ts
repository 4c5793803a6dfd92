// The provider null 3.2.4 for a deploy without a network: TUNNELS_TEST_NULL_PROVIDER, what its registry answers, or our stand-in.
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { lockedVersion, setLock } from '../../constructs/lock-file'
import { findTerraform } from '../provider/terraform'

const version = '3.2.4'
/** Terraform and OpenTofu each complete `null` with their own registry. */
const hosts = ['registry.terraform.io', 'registry.opentofu.org']

export interface NullProvider {
  /** Which one it is, in words. */
  readonly says: string
  /** For terraform, tofu and cdktf. */
  readonly env: Readonly<Record<string, string>>
  /** Before each deploy: cdktf-cli asks the registry for what the stack's lock file does not name, and OpenTofu drops Terraform's block. */
  lock(stackFolder: string): void
}

/** @param folder holds the mirror and the CLI configuration */
export async function installNullProvider(folder: string): Promise<NullProvider> {
  const mirror = join(folder, 'mirror')
  const config = join(folder, 'terraform.rc')
  mkdirSync(mirror, { recursive: true })
  writeFileSync(config, `provider_installation {\n  filesystem_mirror {\n    path = "${mirror}"\n  }\n}\n`)
  return {
    says: await fill(mirror, folder),
    // cdktf-cli's plugin cache stands in HOME and would be shared with other tests.
    env: { TF_CLI_CONFIG_FILE: config, CDKTF_DISABLE_PLUGIN_CACHE_ENV: '1' },
    lock: stackFolder => {
      const path = join(stackFolder, '.terraform.lock.hcl')
      mkdirSync(stackFolder, { recursive: true })
      const before = existsSync(path) ? readFileSync(path, 'utf8') : ''
      const missing = hosts.filter(host => lockedVersion(before, `${host}/hashicorp/null`) === null)
      const locks = missing.map(host => ({ address: `${host}/hashicorp/null`, version, hashes: [] }))
      writeFileSync(path, locks.reduce(setLock, before))
    },
  }
}

async function fill(mirror: string, folder: string): Promise<string> {
  const given = process.env.TUNNELS_TEST_NULL_PROVIDER
  if (given) {
    for (const leaf of leaves(mirror)) place(leaf, target => copyFileSync(given, target), '_x5')
    return `the real hashicorp/null at ${given}`
  }
  if (download(mirror, folder)) return `the real hashicorp/null ${version}, from its registry`
  const file = join(folder, 'stand-in.cjs')
  await bundle(file)
  for (const leaf of leaves(mirror)) place(leaf, target => copyFileSync(file, target), '.cjs')
  return `a stand-in for hashicorp/null ${version}: its registry is out of reach, and TUNNELS_TEST_NULL_PROVIDER names no binary`
}

function leaves(mirror: string): string[] {
  const platform = `linux_${process.arch === 'x64' ? 'amd64' : process.arch}`
  return hosts.map(host => join(mirror, host, 'hashicorp', 'null', version, platform))
}

function place(leaf: string, copy: (target: string) => void, ending: string): void {
  const target = join(leaf, `terraform-provider-null_v${version}${ending}`)
  mkdirSync(leaf, { recursive: true })
  copy(target)
  chmodSync(target, 0o755)
}

/** Without a network this fails within a second. */
function download(mirror: string, folder: string): boolean {
  const project = join(folder, 'download')
  mkdirSync(project, { recursive: true })
  const required = { null: { source: 'hashicorp/null', version } }
  writeFileSync(join(project, 'main.tf.json'), JSON.stringify({ terraform: { required_providers: required } }))
  const quick = { TF_REGISTRY_CLIENT_TIMEOUT: '3', TF_REGISTRY_DISCOVERY_RETRY: '0', CHECKPOINT_DISABLE: '1' }
  const env = { ...process.env, ...quick, TF_CLI_CONFIG_FILE: undefined }
  const { status } = spawnSync(findTerraform(), ['providers', 'mirror', mirror], { cwd: project, env, timeout: 60_000 })
  return status === 0 && readdirSync(mirror).length > 0
}

const bundle = (outfile: string) =>
  build({
    entryPoints: [join(__dirname, 'stand-in.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    minify: true,
    banner: { js: '#!/usr/bin/env node' },
    logLevel: 'warning',
  })
