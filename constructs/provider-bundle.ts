// The Terraform provider as build.mjs makes it: one file, the version that names its content, and the hash that locks it.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { programName } from '../schemas/provider-file'

export { PROVIDER_ADDRESS } from '../schemas/provider-file'

export interface ProviderBundle {
  /** Where the file is now. */
  readonly file: string
  /** Semantic version with a prerelease that is made from the content: 0.1.0-h1a2b3c4d. */
  readonly version: string
  /** How the file is called where Terraform looks for it. */
  readonly fileName: string
  /** Terraform's hash of a folder with only this file in it: h1:BASE64. */
  readonly hash: string
}

/**
 * Reads the provider's bundle; by default dist/terraform-provider-sshtunnel.cjs of this package.
 * The version changes with the content: neither a lock file nor the plugin cache that cdktf-cli shares between all
 * projects (TF_PLUGIN_CACHE_DIR) can then hold other content under the same version, which Terraform refuses.
 * The h is there because digits alone with a leading zero are no legal prerelease (semver.org, 9).
 * @throws Error when the bundle is missing
 */
export function readBundle(file?: string): ProviderBundle {
  const root = findPackage(__dirname)
  const path = file ?? join(root.folder, 'dist', 'terraform-provider-sshtunnel.cjs')
  if (!existsSync(path)) {
    throw new Error(`the Terraform provider is not built yet: ${path} is missing. Run: npm run build`)
  }
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex')
  const version = `${root.version}-h${sha256.slice(0, 8)}`
  const fileName = programName(version)
  return { file: path, version, fileName, hash: hashFolder(sha256, fileName) }
}

/** dirhash.Hash1 of golang.org/x/mod, for a folder with one file. */
function hashFolder(sha256: string, fileName: string): string {
  return `h1:${createHash('sha256').update(`${sha256}  ${fileName}\n`).digest('base64')}`
}

/** This package's own folder, from the sources as well as from dist/. */
export function findPackage(folder: string): { folder: string; version: string } {
  const manifest = join(folder, 'package.json')
  if (existsSync(manifest)) {
    const { name, version } = JSON.parse(readFileSync(manifest, 'utf8')) as { name?: string; version?: string }
    if (name === 'cdktf-ssh-tunnels' && version) return { folder, version }
  }
  const parent = dirname(folder)
  if (parent === folder) throw new Error('package.json of cdktf-ssh-tunnels was not found above its own code')
  return findPackage(parent)
}
