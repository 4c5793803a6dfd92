// Where the tree is that every host starts from; made on first use, and again when its recipe changes.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { start } from './command'

const recipe = join(__dirname, 'build-base.sh')

/** Resolves to the tree's path. Several processes may ask at once: one builds, the others wait. */
export async function baseTree(log: (line: string) => void): Promise<string> {
  const hash = createHash('sha256').update(readFileSync(recipe)).digest('hex').slice(0, 12)
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  const tree = join(cache, 'cdktf-ssh-tunnels', 'lab', `base-${hash}`)
  const child = start([recipe, tree], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  if (child.stdout) createInterface(child.stdout).on('line', log)
  const code = await new Promise((resolve, reject) => child.on('close', resolve).on('error', reject))
  if (code !== 0) throw new Error(`the lab's base tree could not be built (exit status ${code})\n${said}`)
  return tree
}
