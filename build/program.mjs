// A program as one file: what loads it, and its code in a comment behind (loader.cjs).
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

/** @param code ASCII, as esbuild writes it */
export function makeProgram(code) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what is asked for
  if (/[^\x00-\x7f]|\x07/.test(code)) throw new Error('the code of a program has to be ASCII, without a bell')
  const sum = createHash('sha256').update(code).digest('hex').slice(0, 16)
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(new URL('loader.cjs', import.meta.url))],
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    minify: true,
    write: false,
  })
  const loader = outputFiles[0].text.replace('SUM', sum)
  return `#!/usr/bin/env node\n${loader}/*\n${code.replaceAll('*/', '*\x07/')}*/\n`
}
