// Makes dist/: the Terraform provider as one executable file.
import { chmodSync } from 'node:fs'
import { build } from 'esbuild'

await build({
  entryPoints: ['provider/main.ts'],
  outfile: 'dist/terraform-provider-sshtunnel.cjs',
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  minify: true,
  keepNames: true,
  banner: { js: '#!/usr/bin/env node' },
  loader: { '.sh': 'text', '.proto': 'text' },
  // ssh2 tries these native speed-ups and does without them.
  external: ['cpu-features', './crypto/build/Release/sshcrypto.node', '*.node'],
  logLevel: 'warning',
})
chmodSync('dist/terraform-provider-sshtunnel.cjs', 0o755)
