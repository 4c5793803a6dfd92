// What a program of ours begins with. Its own code stands behind, in a comment: V8 reads it when it is not in the code cache, which lies in the user's
// cache folder and holds what V8 made of it at an earlier run. SUM is put in by program.mjs.
const { closeSync, constants, fstatSync, mkdirSync, openSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } = require('node:fs')
const { createHash } = require('node:crypto')
const { basename, join } = require('node:path')
const { cachedDataVersionTag } = require('node:v8')
const { Script } = require('node:vm')

/** Sixty days, in milliseconds. */
const longUnused = 60 * 24 * 3600 * 1000

const whole = readFileSync(__filename, 'latin1')
const code = whole.slice(whole.search(/^\/\*$/m) + 3, whole.lastIndexOf('*/')).replaceAll('*\x07/', '*/')
const program = basename(__filename).replace(/[^\w-].*/, '')
const folder = cacheFolder()
// Another build, another V8 or other flags of its own have another file.
const cache = folder && join(folder, `${program}-SUM-${process.version}-${cachedDataVersionTag().toString(16)}`)
const cachedData = cache === null ? undefined : read(cache)
const script = new Script(`(function (exports, require, module, __filename, __dirname) {${code}\n})`, {
  filename: __filename,
  cachedData,
})
if (cache !== null && (cachedData === undefined || script.cachedDataRejected)) process.on('exit', keep)
script.runInThisContext()(exports, require, module, __filename, __dirname)

/** Null where there is none of our own: with sudo the home may be somebody else's, and who writes there would have us run what he likes. */
function cacheFolder() {
  const { HOME, XDG_CACHE_HOME } = process.env
  const [own, below] = XDG_CACHE_HOME?.startsWith('/') ? [XDG_CACHE_HOME, ''] : [HOME, '.cache']
  try {
    if (!own?.startsWith('/') || !isOurs(statSync(own))) return null
    return join(own, below, 'ssh-tunnels')
  } catch {
    return null
  }
}

function isOurs({ uid, mode }) {
  return uid === process.getuid?.() && (mode & 0o022) === 0
}

/** Undefined for what is not whole, or not surely ours. */
function read(path) {
  try {
    if (!isOurs(statSync(folder))) return undefined
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
    try {
      if (!isOurs(fstatSync(file))) return undefined
      const content = readFileSync(file)
      const data = content.subarray(32)
      return sumOf(data).equals(content.subarray(0, 32)) ? data : undefined
    } finally {
      closeSync(file)
    }
  } catch {
    return undefined
  }
}

function sumOf(data) {
  return createHash('sha256').update(data).digest()
}

/** Those that nobody has made anew for long are of no use any more. Where it cannot be written the next run is as slow. */
function keep() {
  const next = `${cache}.${process.pid}`
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    if (!isOurs(statSync(folder))) return
    const data = script.createCachedData()
    writeFileSync(next, Buffer.concat([sumOf(data), data]), { mode: 0o600, flag: 'wx' })
    renameSync(next, cache)
    for (const name of readdirSync(folder)) {
      const other = join(folder, name)
      if (name.startsWith(`${program}-`) && Date.now() - statSync(other).mtimeMs > longUnused) rmSync(other, { force: true })
    }
  } catch {
    try {
      rmSync(next, { force: true })
    } catch {}
  }
}
