// The Terraform provider's program as a file: what it is called, where Terraform and OpenTofu look for it, and how it is put there.
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

export const PROVIDER_ADDRESS = 'terraform.local/tunnels/sshtunnel'

/** With .cjs Node reads it as CommonJS also below a package.json that says "type": "module". Pure. */
export const programName = (version: string): string => `terraform-provider-sshtunnel_v${version}.cjs`

/** Where a version stands below a folder that Terraform searches (terraform.d/plugins). Pure. */
export const placeOf = (
  version: string,
  plugins: string,
  platform = goPlatform(process.platform, process.arch),
): string => join(homeOf(plugins), version, platform, programName(version))

/** The folder of all versions. Pure. */
export const homeOf = (plugins: string): string => join(plugins, ...PROVIDER_ADDRESS.split('/'))

/** Go's words for a machine: linux_amd64. Pure. */
export function goPlatform(system: string, arch: string): string {
  const systems: Readonly<Record<string, string>> = { win32: 'windows' }
  const archs: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' }
  return `${systems[system] ?? system}_${archs[arch] ?? arch}`
}

/** A running Terraform keeps the file that it has begun with. The folder's hash is locked: nothing else may lie in it. */
export function putProgram(program: string, path: string): 'installed' | 'replaced' | 'unchanged' {
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
