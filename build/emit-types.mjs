// The package's types: a .d.ts for each source file, and only those that the entry's leads to, so that what they import is cdktf at most.
import { readdirSync, rmSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import ts from 'typescript'
import { writeWhole } from './write-whole.mjs'

/** @param {string} entry the source file whose types the package exports */
export function emitTypes(entry, outDir) {
  const emitted = emitAll(entry, resolve(outDir))
  const wanted = reach(emitted, resolve(outDir, entry.replace(/\.ts$/, '.d.ts')))
  for (const file of wanted) writeWhole(file, emitted.get(file))
  for (const old of readdirSync(outDir, { recursive: true, withFileTypes: true })) {
    const path = resolve(old.parentPath, old.name)
    if (old.isFile() && path.endsWith('.d.ts') && !wanted.has(path)) rmSync(path)
  }
}

/** By path of the .d.ts. `make check` has the types checked; here they are only written. */
function emitAll(entry, outDir) {
  const own = { noEmit: false, declaration: true, emitDeclarationOnly: true, noCheck: true, types: ['node'] }
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: fail }
  const { options } = ts.getParsedCommandLineOfConfigFile('tsconfig.json', { ...own, rootDir: '.', outDir }, host)
  const emitted = new Map()
  const { diagnostics } = ts.createProgram([entry], options).emit(undefined, (path, text) => emitted.set(path, text))
  diagnostics.forEach(fail)
  return emitted
}

function reach(emitted, from, reached = new Set()) {
  const text = emitted.get(from)
  if (text === undefined) throw new Error(`no types were made of ${relative('.', from)}`)
  reached.add(from)
  for (const { fileName } of ts.preProcessFile(text).importedFiles) {
    if (!fileName.startsWith('.')) continue
    const path = join(dirname(from), fileName)
    const next = [`${path}.d.ts`, join(path, 'index.d.ts')].find(file => emitted.has(file)) ?? path
    if (!reached.has(next)) reach(emitted, next, reached)
  }
  return reached
}

function fail(diagnostic) {
  throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'))
}
