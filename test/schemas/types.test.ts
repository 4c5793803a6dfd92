// schemas/types.ts is what the JSON Schemas say now.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(__dirname, '../..')

test('types.ts is made anew whenever a schema changes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'schemas-'))
  try {
    cpSync(join(root, 'schemas'), join(folder, 'schemas'), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    execFileSync(process.execPath, ['schemas/generate-types.mjs'], { cwd: folder })
    expect(readFileSync(join(root, 'schemas/types.ts'), 'utf8')).toBe(
      readFileSync(join(folder, 'schemas/types.ts'), 'utf8'),
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})
