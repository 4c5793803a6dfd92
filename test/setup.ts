// Before the tests: builds what they run. After them, however they end, none of their labs stays.
import { execFileSync } from 'node:child_process'
import { dirname } from 'node:path'
import { removeLabsAtEnd } from './lab/remove-at-end'

export default function setup(): void {
  removeLabsAtEnd()
  execFileSync(process.execPath, ['build.mjs'], { cwd: dirname(__dirname), stdio: 'inherit' })
}
