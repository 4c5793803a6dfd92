// A finding: one mistake in one resource, found without looking at any host.

export interface Finding {
  /** Where in the resource, in camelCase: ['client', 'via', 0, 'hostKey']. */
  readonly path: readonly (string | number)[]
  /** What kind of mistake, in kebab-case. */
  readonly code: string
  readonly message: string
  /** What to do, or why it is a mistake. */
  readonly hint?: string
  /** The part of the value that is wrong, where it is not the whole. */
  readonly text?: string
}

/** The same findings, seen from the resource that holds the checked one under `path`. */
export function under(path: Finding['path'], findings: readonly Finding[]): Finding[] {
  return findings.map(finding => ({ ...finding, path: [...path, ...finding.path] }))
}
