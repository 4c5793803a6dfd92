// Puts the Terraform provider where `terraform init` and `tofu init` find it, for configurations that are written by hand.
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { PROVIDER_ADDRESS, placeOf, putProgram } from '../schemas/provider-file'

export { goPlatform, placeOf } from '../schemas/provider-file'

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
  const did = putProgram(program, path)
  return { path, version, did, text: explain(did, path, version) }
}

/** Terraform and OpenTofu search both without any configuration (Terraform's "implied local mirror directories"). */
export function pluginFolder(dir?: string, home?: string): string {
  if (dir !== undefined) return resolve(dir, 'terraform.d', 'plugins')
  const { APPDATA } = process.env
  if (process.platform === 'win32' && APPDATA && home === undefined) return join(APPDATA, 'terraform.d', 'plugins')
  return join(home ?? homedir(), '.terraform.d', 'plugins')
}

function explain(did: Installed['did'], path: string, version: string): string {
  const done = { installed: 'Installed', replaced: 'Replaced', unchanged: 'Already there:' }[did]
  const locked = `
This version had other content until now. Where ${PROVIDER_ADDRESS} is in a .terraform.lock.hcl, init says that
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
      source  = "${PROVIDER_ADDRESS}"
      version = "${version}"
    }
  }
}
`
}
