// What the lab builds on first use and keeps in the user's cache.
import { createHash } from 'node:crypto'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { start } from './command'

/** Where that is kept which a recipe makes: another recipe has another path. */
export function cachePath(name: string, recipe: readonly string[]): string {
  const hash = createHash('sha256').update(recipe.join('\0')).digest('hex').slice(0, 12)
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  return join(cache, 'cdktf-ssh-tunnels', 'lab', `${name}-${hash}`)
}

/** Runs a builder that does nothing where its work is done. Several processes may at once: one builds, the others wait. */
export async function buildOnce(argv: readonly string[], log: (line: string) => void): Promise<void> {
  const child = start(argv, { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  if (child.stdout) createInterface(child.stdout).on('line', log)
  const code = await new Promise((resolve, reject) => child.on('close', resolve).on('error', reject))
  if (code !== 0) throw new Error(`this could not be built (exit status ${code}): ${argv[1]}\n${said}`)
}
