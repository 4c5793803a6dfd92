// Puts the Terraform provider where `terraform init` and `tofu init` find it, for configurations that are written by hand.
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

const SOURCE = 'terraform.local/tunnels/sshtunnel'

export interface InstallOptions {
  /** The folder of one configuration. Default: for all of this user's, below their home. */
  readonly dir?: string
  /** Default: this user's. */
  readonly home?: string
  /** The provider's program. Default: the one that came with this package. */
  readonly file?: string
}

export interface Installed {
  readonly path: string
  readonly version: string
  readonly did: 'installed' | 'replaced' | 'unchanged'
  /** What was done and what to write now, in whole lines. */
  readonly text: string
}

/**
 * May be called again at any time: what is right already is left alone.
 * @throws Error when the provider is not built, or the place cannot be written
 */
export function installProvider({ dir, home, file }: InstallOptions = {}): Installed {
  // Both cli/ and dist/ are one below the package's own folder.
  const own = dirname(__dirname)
  const program = file ?? join(own, 'dist', 'terraform-provider-sshtunnel.cjs')
  if (!existsSync(program)) throw new Error(`the Terraform provider is not built: ${program} is missing`)
  const { version } = JSON.parse(readFileSync(join(own, 'package.json'), 'utf8')) as { version: string }
  const path = placeOf(version, pluginFolder(dir, home))
  const did = put(program, path)
  return { path, version, did, text: explain(did, path, version) }
}

/** Terraform and OpenTofu search both without any configuration (Terraform's "implied local mirror directories"). */
export function pluginFolder(dir?: string, home?: string): string {
  if (dir !== undefined) return resolve(dir, 'terraform.d', 'plugins')
  const { APPDATA } = process.env
  if (process.platform === 'win32' && APPDATA && home === undefined) return join(APPDATA, 'terraform.d', 'plugins')
  return join(home ?? homedir(), '.terraform.d', 'plugins')
}

/** Pure. With .cjs Node reads the file as CommonJS also below a package.json that says "type": "module". */
export function placeOf(
  version: string,
  plugins: string,
  platform = goPlatform(process.platform, process.arch),
): string {
  return join(plugins, ...SOURCE.split('/'), version, platform, `terraform-provider-sshtunnel_v${version}.cjs`)
}

/** Go's words for a machine: linux_amd64. */
export function goPlatform(system: string, arch: string): string {
  const systems: Readonly<Record<string, string>> = { win32: 'windows' }
  const archs: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' }
  return `${systems[system] ?? system}_${archs[arch] ?? arch}`
}

/** A running Terraform keeps the file that it has begun with. The folder's hash is locked: nothing else may lie in it. */
function put(program: string, path: string): Installed['did'] {
  const folder = dirname(path)
  const there = existsSync(folder) ? readdirSync(folder).map(name => join(folder, name)) : []
  const same = there.includes(path) && readFileSync(path).equals(readFileSync(program))
  if (same && there.length === 1) {
    chmodSync(path, 0o755)
    return 'unchanged'
  }
  mkdirSync(folder, { recursive: true })
  const fresh = `${path}.${process.pid}`
  copyFileSync(program, fresh)
  chmodSync(fresh, 0o755)
  renameSync(fresh, path)
  for (const old of there) if (old !== path) rmSync(old, { recursive: true })
  return there.length > 0 ? 'replaced' : 'installed'
}

function explain(did: Installed['did'], path: string, version: string): string {
  const done = { installed: 'Installed', replaced: 'Replaced', unchanged: 'Already there:' }[did]
  const locked = `
This version had other content until now. Where ${SOURCE} is in a .terraform.lock.hcl, init says that
the package does not match its checksums: remove its block from that file, then run init again.
`
  return `${done} ${path}
${did === 'replaced' ? locked : ''}
Write into your configuration, then run terraform init or tofu init:

${requiredProviders(version)}`
}

export function requiredProviders(version: string): string {
  return `terraform {
  required_providers {
    sshtunnel = {
      source  = "${SOURCE}"
      version = "${version}"
    }
  }
}
`
}
