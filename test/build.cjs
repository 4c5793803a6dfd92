// Before the tests: builds what they run.
const { execFileSync } = require('node:child_process')
const { dirname } = require('node:path')

module.exports = () => {
  execFileSync(process.execPath, ['build.mjs'], { cwd: dirname(__dirname), stdio: 'inherit' })
}
