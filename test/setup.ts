// Before the tests: builds what they run, where a source has changed. After them, however they end, none of their labs stays.
import { execFileSync } from 'node:child_process'
import { dirname } from 'node:path'
import { removeLabsAtEnd } from './lab/remove-at-end'

export default function setup(): void {
  removeLabsAtEnd()
  // Node's packages are in use just now: they are not made anew, whatever their age.
  execFileSync('make', ['--silent', '--old-file=node_modules/.package-lock.json', 'dist'], {
    cwd: dirname(__dirname),
    stdio: 'inherit',
  })
}
