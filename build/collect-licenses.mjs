// The licences of what was bundled, as one text: their notices have to travel with the copies.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Those that allow bundling, given their notice. */
const permitted = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'Unlicense']

/** @param {readonly import('esbuild').Metafile[]} metafiles */
export function collectLicenses(metafiles) {
  const files = metafiles.flatMap(({ outputs }) => Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs)))
  const folders = new Set(files.flatMap(file => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []))
  return [...folders]
    .sort()
    .map(describe)
    .join(`\n${'='.repeat(80)}\n`)
}

function describe(folder) {
  const { name, version, ...manifest } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  // ssh2 still has the form that npm gave up in 2014: licenses: [{ type }].
  const license = manifest.license ?? manifest.licenses?.[0]?.type
  if (!permitted.includes(license)) throw new Error(`${name} must not be bundled: its license is ${license}`)
  const notices = readdirSync(folder).filter(file => /^(licen[cs]e|notice|copying)([.-]|$)/i.test(file))
  if (notices.length === 0) throw new Error(`${name} ${version} (${license}) has no license file to take along`)
  const texts = notices.sort().map(file => readFileSync(join(folder, file), 'utf8').trim())
  return [`${name} ${version} (${license})`, ...texts, ''].join('\n\n')
}
