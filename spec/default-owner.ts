// The owner of what names none: one rule for the command and for the constructs, so that one file has one owner whoever makes it.
import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { defaultOwner as nameOwner } from '../schemas/owner'

/**
 * Of a stack or a file of that name, as it is called in this folder; in a project of cdktf, with the projectId of its cdktf.json: that file
 * is committed, so all checkouts have it.
 */
export const defaultOwner = (name: string, folders = [process.cwd()]): string =>
  nameOwner(name, folders.map(findProject).find(Boolean) ?? null)

/** Of the nearest cdktf.json at or above a folder; null where there is none, or where it names none. */
function findProject(folder: string): string | null {
  const here = resolve(folder)
  try {
    const { projectId } = JSON.parse(readFileSync(join(here, 'cdktf.json'), 'utf8'))
    return typeof projectId === 'string' && projectId !== '' ? projectId : null
  } catch {
    return dirname(here) === here ? null : findProject(dirname(here))
  }
}
