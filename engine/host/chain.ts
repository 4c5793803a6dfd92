// Reaches a host over SSH, through its jump hosts: each hop's TCP connection starts at the hop before it.
import type { Duplex } from 'node:stream'
import type { Host } from '../../schemas/types'
import { Fault } from '../fault'
import { connectTcp, noAnswer } from './connect'
import { findCredentials } from './credentials'
import { dialFailed, dialLost, dialProhibited } from './dial-faults'
import { endpointOf, type Hop, listHops } from './hop'
import { expectHostKey } from './host-key'
import { keepAnswer } from './keep-answer'
import { limitOf } from './limit'
import type { Reach } from './reach'
import { type Carrier, makeRun, startProgram } from './run'
import { limitSessions } from './sessions'
import { type Dialled, type Link, login } from './ssh'

export async function reachOverSsh(host: Host, timeoutMs: number, environment: NodeJS.ProcessEnv): Promise<Reach> {
  const links: Link[] = []
  const closeAll = () => {
    for (const link of [...links].reverse()) link.close()
  }
  try {
    let before: { readonly hop: Hop; readonly link: Link } | null = null
    for (const hop of listHops(host)) {
      const expected = await expectHostKey(hop, environment)
      const credentials = await findCredentials(hop, environment)
      const stream: Duplex = before ? await hopOn(before, hop, timeoutMs) : await connectFirst(hop, timeoutMs)
      const link = await login(hop, stream, expected, credentials, timeoutMs)
      links.push(link)
      before = { hop, link }
    }
    if (!before) throw new Error('a host has at least one hop')
    return makeReach(before.hop, before.link, host.become, timeoutMs, closeAll)
  } catch (error) {
    closeAll()
    throw error
  }
}

async function connectFirst(hop: Hop, timeoutMs: number): Promise<Duplex> {
  const result = await connectTcp(hop.address, hop.port, timeoutMs)
  if (!('why' in result)) return result
  throw new Fault({
    code: 'host-unreachable',
    host: hop.name,
    what: `cannot reach ${hop.label} at ${endpointOf(hop)}`,
    happened: result.why,
    cure: result.cure,
  })
}

async function hopOn(before: { readonly hop: Hop; readonly link: Link }, hop: Hop, timeoutMs: number): Promise<Duplex> {
  const dialled = await withTimeout(before.link.dial(hop.address, hop.port), timeoutMs)
  if (dialled.kind === 'open') return dialled.stream
  if (dialled.kind === 'prohibited') throw dialProhibited(before.hop.name, hop.address, hop.port, dialled.why)
  throw new Fault({
    code: 'host-unreachable',
    host: hop.name,
    what: `cannot reach ${hop.label}: ${before.hop.label} cannot connect to ${endpointOf(hop)}`,
    happened: dialled.why,
    cure: `check address and port as ${before.hop.name} sees them, and that the host is up`,
  })
}

/** sshd itself waits for minutes. A stream that opens too late is closed. */
async function withTimeout(dialling: Promise<Dialled>, timeoutMs: number): Promise<Dialled> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Dialled>(resolve => {
    timer = setTimeout(() => {
      resolve({ kind: 'refused', why: noAnswer(timeoutMs).why })
      dialling.then(dialled => dialled.kind === 'open' && dialled.stream.destroy())
    }, timeoutMs)
  })
  const dialled = await Promise.race([dialling, late])
  clearTimeout(timer)
  return dialled
}

function makeReach(hop: Hop, link: Link, become: Host['become'], timeoutMs: number, close: () => void): Reach {
  const inTurn = limitSessions()
  const carrier: Carrier = {
    name: hop.name,
    login: `${hop.user}@${endpointOf(hop)}`,
    isRoot: hop.user === 'root',
    become,
    exec: (command, stdin, waitMs) => inTurn(() => link.exec(command, stdin, waitMs)),
  }
  return {
    name: hop.name,
    hostKey: link.hostKey,
    ownAddress: keepAnswer(() => readOwnAddress(carrier)),
    run: makeRun(carrier),
    dial: async (address, port) => {
      const dialled = await withTimeout(link.dial(address, port), timeoutMs)
      if (dialled.kind === 'open') return dialled.stream
      if (dialled.kind === 'prohibited') throw dialProhibited(hop.name, address, port, dialled.why)
      if (dialled.kind === 'lost') throw dialLost(hop.name, address, port, dialled.why)
      throw dialFailed(hop.name, address, port, dialled.why)
    },
    // The jump hosts' connections end with it.
    closed: link.closed.then(close),
    close,
  }
}

/** SSH_CONNECTION is CLIENT_ADDRESS CLIENT_PORT SERVER_ADDRESS SERVER_PORT (ssh(1)); sudo would drop it. */
async function readOwnAddress(carrier: Carrier): Promise<string> {
  const ran = await startProgram(carrier, { name: 'own-address', text: 'echo "$SSH_CONNECTION"' }, [], '', limitOf(''))
  return ran.stdout.split(' ')[0] ?? ''
}
