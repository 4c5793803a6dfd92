// Makes what is not written by hand: the types from the schemas, the texts of the remote scripts, and in dist/ the Terraform
// provider as one executable file.
import { chmodSync } from 'node:fs'
import { build } from 'esbuild'

await import('./schemas/generate-types.mjs')
await import('./engine/remote/generate-texts.mjs')

const outfile = 'dist/terraform-provider-sshtunnel.cjs'
await build({
  entryPoints: ['provider/main.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  minify: true,
  keepNames: true,
  banner: { js: '#!/usr/bin/env node' },
  legalComments: 'none',
  // ssh2 tries these native speed-ups and does without them.
  external: ['cpu-features', '*.node'],
  logLevel: 'warning',
})
chmodSync(outfile, 0o755)
