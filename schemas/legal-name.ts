// What a stack or a spec file is called, as a legal owner: the same set of tunnels has the same owner, whoever makes it.

/** Any text as a legal host name or owner: letters, digits, dots, hyphens and underscores, at most 40. */
export function legalName(text: string): string {
  const legal = text.replace(/[^A-Za-z0-9_.-]+/g, '-').slice(0, 40)
  return legal.replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '') || 'stack'
}
