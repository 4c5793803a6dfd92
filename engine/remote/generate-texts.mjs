// Writes engine/remote/texts.ts from the .sh files, so that a bundle carries them; run by `npm run build`.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = dirname(fileURLToPath(import.meta.url))
const read = name => readFileSync(`${folder}/${name}.sh`, 'utf8')
/** batch.sh calls functions of the others, so it comes last. */
const scripts = {
  snapshot: read('snapshot'),
  batch: ['file', 'account', 'key', 'sshd', 'firewall', 'service', 'batch'].map(read).join(''),
  journal: read('journal'),
}
const entries = Object.entries(scripts).map(
  ([name, text]) => `  ${name}: { name: '${name}', text: ${JSON.stringify(text)} },\n`,
)
writeFileSync(
  `${folder}/texts.ts`,
  `// Made from the .sh files by generate-texts.mjs. Do not edit.\nexport const scripts = {\n${entries.join('')}} as const\n`,
)
