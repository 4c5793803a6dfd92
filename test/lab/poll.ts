// A visitor who comes again and again: how long nobody has answered him, at the longest.
import { once } from 'node:events'
import type { Lab } from '../../lab'

/** Every 10 ms another visit; at the end the longest time, in milliseconds, from one answered visit's start to the next one's. */
const program = `
const { connect } = require('node:net')
const [address, port] = process.argv.slice(1)
let last = null, longest = 0, visits = 0
const visit = () => {
  const began = Date.now()
  const socket = connect({ host: address, port: Number(port), timeout: 3000 })
  socket.on('error', () => {}).on('timeout', () => socket.destroy())
  socket.on('connect', () => socket.write('GET / HTTP/1.0\\r\\n\\r\\n'))
  socket.once('data', () => {
    visits++
    if (last === null) console.log('begun')
    if (last !== null && began > last) longest = Math.max(longest, began - last)
    last = Math.max(last ?? 0, began)
    socket.destroy()
  })
}
const timer = setInterval(visit, 10)
process.on('SIGTERM', () => { clearInterval(timer); console.log(JSON.stringify({ longest, visits })); process.exit() })
`

export interface Visits {
  readonly longest: number
  readonly visits: number
}

/** Resolves when the first visit was answered; `end` says how it went. */
export async function startVisits(lab: Lab, port: number): Promise<{ readonly end: () => Promise<Visits> }> {
  const child = lab.spawn('visitor', ['node', '-e', program, lab.hosts.middle.address, String(port)], { stdio: 'pipe' })
  let said = ''
  child.stdout?.setEncoding('utf8').on('data', text => {
    said += text
  })
  const closed = once(child, 'close')
  await new Promise<void>((done, fail) => {
    child.stdout?.on('data', () => said.startsWith('begun') && done())
    child.on('close', () => fail(new Error(`the visitor has ended: ${said}`)))
  })
  return {
    end: async () => {
      child.kill('SIGTERM')
      await closed
      return JSON.parse(said.split('\n')[1] ?? '') as Visits
    },
  }
}
