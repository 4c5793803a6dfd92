// Where the tree of a Debian suite is, which images lie over; made on first use, and again when its recipe changes.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildOnce, cachePath } from './build-once'

const recipe = join(__dirname, 'build-base.sh')

/** Resolves to the tree's path. */
export async function baseTree(log: (line: string) => void, suite = 'bookworm'): Promise<string> {
  const tree = cachePath(`base-${suite}`, [readFileSync(recipe, 'utf8')])
  await buildOnce([recipe, tree, suite], log)
  return tree
}
