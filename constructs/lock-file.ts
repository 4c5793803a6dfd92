// Terraform's dependency lock file (.terraform.lock.hcl) as text: read and set one provider's block, keep all others. Pure.

export interface Lock {
  /** Full address: registry.terraform.io/hashicorp/null. */
  readonly address: string
  /** Exactly this version. */
  readonly version: string
  /** h1: or zh: checksums; with none, terraform init takes what it finds and writes its checksum here. */
  readonly hashes: readonly string[]
}

const HEADER = `# This file is maintained automatically by "terraform init".
# Manual edits may be lost in future updates.
`

/** The lock file's text with this provider's block set, and everything else as it was. */
export function setLock(text: string, lock: Lock): string {
  const block = formatLock(lock)
  const old = findBlock(text, lock.address)
  if (old !== null) return text.replace(old, () => block)
  const before = text.trim() === '' ? HEADER : text.replace(/\n*$/, '\n')
  return `${before}\n${block}\n`
}

/** The version that is locked for this provider, or null. */
export function lockedVersion(text: string, address: string): string | null {
  return /^\s*version\s*=\s*"([^"]*)"/m.exec(findBlock(text, address) ?? '')?.[1] ?? null
}

/** terraform init writes each block with its closing brace at the start of a line. */
function findBlock(text: string, address: string): string | null {
  const start = text.search(new RegExp(`^provider "${address.replace(/[.]/g, '\\.')}" \\{`, 'm'))
  if (start < 0) return null
  return /^[\s\S]*?^\}/m.exec(text.slice(start))?.[0] ?? null
}

function formatLock({ address, version, hashes }: Lock): string {
  const list = hashes.length > 0 ? ['  hashes = [', ...hashes.map(hash => `    "${hash}",`), '  ]'] : []
  return [`provider "${address}" {`, `  version     = "${version}"`, `  constraints = "${version}"`, ...list, '}'].join(
    '\n',
  )
}
