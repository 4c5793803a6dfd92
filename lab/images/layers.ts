// Where the trees of an image are, which a host's overlay lies over; made on first use, and again when their recipe changes.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { baseTree } from '../base-tree'
import { buildOnce, cachePath } from '../build-once'
import { type ImageName, images } from '.'

const builder = join(__dirname, 'build-layer.sh')

/** Resolves to the trees' paths, the uppermost first. */
export async function layersOf(name: ImageName, log: (line: string) => void): Promise<readonly string[]> {
  const { suite, over, packages = [] } = images[name]
  const below = over ? await layersOf(over, log) : [await baseTree(log, suite)]
  const script = join(__dirname, `${name}.sh`)
  const text = existsSync(script) ? readFileSync(script, 'utf8') : ''
  if (text === '' && packages.length === 0) return below
  const layer = cachePath(name, [...below, ...packages, readFileSync(builder, 'utf8'), text])
  await buildOnce([builder, layer, below.join(':'), text === '' ? '/dev/null' : script, ...packages], log)
  return [layer, ...below]
}
