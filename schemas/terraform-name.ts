// What Terraform calls a tunnel's or a host's resource. Pure.

/**
 * The name itself; Terraform's start with a letter or an underscore, a tunnel's may start with a digit, and none has an underscore.
 * null for what Terraform does not take at all: a host's name with dots.
 */
export function terraformName(name: string): string | null {
  const legal = name.replace(/^(?=\d)/, '_')
  return /^[A-Za-z_][A-Za-z0-9_-]*$/.test(legal) ? legal : null
}
