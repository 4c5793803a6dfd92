// A program in a network namespace of its own: `unshare --net node one-net.cjs`. It does what the lines of standard input say, each a JSON
// array with a word and arguments, and answers each with a line; the namespace goes when the input ends.
const { spawnSync } = require('node:child_process')
const { createConnection, createServer } = require('node:net')
const { createInterface } = require('node:readline')

const deeds = {
  run([program, ...words], input = '') {
    const { status, stdout, stderr } = spawnSync(program, words, { input, encoding: 'utf8', maxBuffer: 1 << 28 })
    return { status, stdout, stderr }
  },
  /** Who says a word at the port gets its number. */
  listen: port =>
    new Promise((done, fail) => {
      const server = createServer(socket => {
        socket.on('error', () => {})
        socket.once('data', () => socket.end(String(port)))
      })
      server.on('error', fail).listen(port, '::', () => done(port))
    }),
  /** Whether the port answers with its own number, in so many milliseconds. */
  ask: (host, port, ms) =>
    new Promise(done => {
      const socket = createConnection({ host, port })
      const end = answered => {
        socket.destroy()
        done(answered)
      }
      socket.setTimeout(ms, () => end(false))
      socket.on('error', () => end(false)).on('close', () => done(false))
      socket.on('connect', () => socket.write('?')).on('data', said => end(String(said) === String(port)))
    }),
}

const lines = createInterface({ input: process.stdin })
let before = Promise.resolve()
lines.on('line', line => {
  const [word, ...given] = JSON.parse(line)
  before = before.then(async () => process.stdout.write(`${JSON.stringify(await deeds[word](...given))}\n`))
})
lines.on('close', () => process.exit(0))
