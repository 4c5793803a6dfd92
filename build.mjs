// Makes what is not written by hand: types and validators from the schemas, the texts of the remote scripts, and dist/: each program as
// one executable file, the library as one file with its types, and the licences of what is in them.
import { build } from 'esbuild'
import { collectLicenses } from './build/collect-licenses.mjs'
import { emitTypes } from './build/emit-types.mjs'
import { makeProgram } from './build/program.mjs'
import { writeWhole } from './build/write-whole.mjs'

await import('./schemas/generate-types.mjs')
await import('./schemas/generate-validators.mjs')
await import('./engine/remote/generate-texts.mjs')

const outputs = [
  { entryPoints: ['provider/main.ts'], outfile: 'dist/terraform-provider-sshtunnel.cjs', isProgram: true },
  { entryPoints: ['cli/main.ts'], outfile: 'dist/ssh-tunnels.cjs', isProgram: true },
  // The user's own cdktf: constructs of two copies would not know each other.
  { entryPoints: ['index.ts'], outfile: 'dist/index.js', external: ['cdktf', 'constructs', '@cdktf/provider-null'] },
]

const metafiles = await Promise.all(
  outputs.map(async ({ external = [], isProgram = false, ...output }) => {
    const { metafile, outputFiles } = await build({
      ...output,
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      minify: true,
      keepNames: true,
      legalComments: 'none',
      metafile: true,
      write: false,
      // ssh2 tries the first two, native speed-ups, and does without them; grpc-js loads the third for services that nobody adds.
      external: ['cpu-features', '*.node', '@grpc/proto-loader', ...external],
      logLevel: 'warning',
    })
    for (const { contents, text } of outputFiles) {
      if (isProgram) writeWhole(output.outfile, makeProgram(text), 0o755)
      else writeWhole(output.outfile, contents, 0o644)
    }
    return metafile
  }),
)
writeWhole('dist/THIRD-PARTY-LICENSES.txt', collectLicenses(metafiles))
emitTypes('index.ts', 'dist/types')
