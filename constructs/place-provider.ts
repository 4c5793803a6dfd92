// Puts the provider into a stack's folder at synthesis, so that a plain `cdktf deploy` needs no network for it and no init by hand.
import * as fs from 'node:fs'
import { join } from 'node:path'
import { homeOf, PROVIDER_ADDRESS, placeOf, putProgram } from '../schemas/provider-file'
import { lockedVersion, setLock } from './lock-file'
import type { ProviderBundle } from './provider-bundle'

/** Another provider that the stack requires, as written: source null, hashicorp/null or with its host; any constraint. */
export interface Required {
  readonly source: string
  readonly version: string
}

/**
 * Writes terraform.d/plugins/... (which Terraform searches without any configuration, unless the user's CLI
 * configuration has a provider_installation block) and our block of .terraform.lock.hcl.
 * @param folder the stack's folder: cdktf.out/stacks/NAME
 * @returns those of the others that are not locked yet and could not be, because their version is a range
 */
export function placeProvider(folder: string, bundle: ProviderBundle, others: readonly Required[]): Required[] {
  placeFile(join(folder, 'terraform.d', 'plugins'), bundle)
  return lockProviders(join(folder, '.terraform.lock.hcl'), bundle, others)
}

function placeFile(plugins: string, { file, version }: ProviderBundle): void {
  const [home, path] = [homeOf(plugins), placeOf(version, plugins)]
  // What earlier syntheses left behind: Terraform would find it for ever.
  const left = fs.existsSync(home) ? fs.readdirSync(home).filter(other => other !== version) : []
  for (const other of left) fs.rmSync(join(home, other), { recursive: true, force: true })
  putProgram(file, path)
}

function lockProviders(path: string, bundle: ProviderBundle, others: readonly Required[]): Required[] {
  const before = fs.existsSync(path) ? fs.readFileSync(path, 'utf8') : ''
  const own = { address: PROVIDER_ADDRESS, version: bundle.version, hashes: [bundle.hash] }
  const after = others.reduce(lockOther, setLock(before, own))
  if (after !== before) {
    fs.writeFileSync(`${path}.new`, after)
    fs.renameSync(`${path}.new`, path)
  }
  return others.filter(({ source }) => lockedVersion(after, fullAddress(source)) === null)
}

/**
 * cdktf-cli runs `terraform providers lock` when a required provider is not in the lock file. That command asks every
 * provider's registry and knows no local folder (Terraform 1.11), so that it fails for ours. A block without checksums
 * keeps cdktf-cli from it, and `terraform init` fills in the checksum. It needs an exact version, which is what
 * prebuilt providers and `cdktf get` write; a range is left alone.
 */
function lockOther(text: string, { source, version }: Required): string {
  const address = fullAddress(source)
  const isExact = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(version)
  return isExact && lockedVersion(text, address) !== version ? setLock(text, { address, version, hashes: [] }) : text
}

/** As cdktf-cli completes it: null -> registry.terraform.io/hashicorp/null. OpenTofu drops that host's block and makes its own. */
function fullAddress(source: string): string {
  const missing = ['registry.terraform.io', 'hashicorp'].slice(0, Math.max(0, 3 - source.split('/').length))
  return [...missing, source].join('/')
}
