// Whose things are: what an owner is called where nobody has named one, and which of two names mean the same one. Pure.
import { createHash } from 'node:crypto'
import { legalName } from './legal-name'

/** Of a resource in a Terraform configuration that names none, neither in the resource nor in the provider block. */
export const handWritten = 'terraform'

/** Of a tunnel that somebody has made by hand, and which is looked at alone: no name that an owner may have. */
export const nobody = '-'

const stem = 31
const hash = /\.[0-9a-f]{8}$/

/**
 * The owner of a stack or a file that names none: as it is called, and the project that it stands in. Two projects whose files are called
 * alike are two owners; all checkouts and pipelines of a project are one. At most 40 characters.
 */
export function defaultOwner(name: string, projectId: string | null): string {
  const legal = legalName(name)
  if (projectId === null) return legal
  return `${legal.slice(0, stem)}.${createHash('sha256')
    .update(JSON.stringify([projectId, name]))
    .digest('hex')
    .slice(0, 8)}`
}

/** Whether `before` is what the default owner `now` was called before it carried its project. */
export const isFormerName = (before: string, now: string): boolean =>
  hash.test(now) && before.slice(0, stem) === now.replace(hash, '')

/** Whether two names are one owner's. */
export const isOneOwner = (a: string, b: string): boolean => a === b || isFormerName(a, b) || isFormerName(b, a)
