// `doctor` for tunnels that we did not make: a command line, ssh_config, a unit; on this machine, or on the host that runs it.
import { userInfo } from 'node:os'
import { type Diagnosis, Fault, type Forwarding, readForwarding } from '../engine'
import type { Host } from '../schemas/types'
import { type Adopting, type ByHand, commandOfHand, draftSpec } from '../spec/from-ssh'
import { clientOf, withOwnFiles } from './adopting'
import { type Words, WrongWords } from './command'
import { diagnoseForward, whyMisplaced } from './diagnose-forward'
import { findHost } from './find-host'
import { runningOn, startsOn } from './found-on-host'
import { knownBy, ownAddresses, ownKey } from './here'
import { makeWaiting } from './progress'
import { readHand, readLine } from './read-hand'

export interface OfHand {
  readonly diagnoses: readonly Diagnosis[]
  /** What else of the lines is worth a word. */
  readonly notes: readonly string[]
  /** The spec that it would be, for what cannot run where it was typed; empty for nothing. */
  readonly yaml: string
  /** Mistakes in the lines; empty for none. */
  readonly text: string
  readonly code: 'unreadable' | 'no-forward'
}

export const asksOfHand = (words: Words): boolean => ['command', 'unit', 'config'].some(words.has)

/** @throws WrongWords */
export async function diagnoseHand(words: Words, hosts: readonly string[]): Promise<OfHand> {
  const name = words.valueOf('on')
  const on = name === undefined ? null : findHost(name, '')
  const seen = await look(on)
  const { hands, text } = await read(words, hosts, on, seen)
  const known = knownBy(seen?.knownHosts)
  const client: Adopting['client'] = on
    ? clientOf(on, seen, known)
    : { name: 'near', host: { local: true }, addresses: ownAddresses() }
  const all = hands.map(hand => ({ hand: withLogin(hand, on), client, from: null }))
  const waiting = makeWaiting(process.stderr)
  const diagnoses: Diagnosis[] = []
  const misplaced: Adopting[] = []
  try {
    for (const one of all) {
      for (const forward of one.hand.forwards) {
        const alone = { ...one, hand: { ...one.hand, forwards: [forward] } }
        const wrong = await whyMisplaced(alone)
        if (wrong) misplaced.push(alone)
        diagnoses.push(wrong ?? (await diagnoseForward(alone, known, seen, on, waiting.say)))
      }
    }
  } finally {
    waiting.end()
  }
  const mute = hands.filter(({ forwards }) => forwards.length === 0)
  return {
    diagnoses,
    notes: hands.flatMap(notesOf),
    yaml: misplaced.length > 0 ? draftSpec(misplaced, known).text : '',
    text: [...(text === '' ? [] : [text]), ...mute.map(sayMute)].join('\n'),
    code: text === '' ? 'no-forward' : 'unreadable',
  }
}

const sayMute = (hand: ByHand): string =>
  `${commandOfHand(hand).replace(/^ssh -N/, 'ssh')}: this line forwards nothing: -L, -R or -D make a tunnel`

/** Null where it cannot be looked at: then what runs there is not known. */
async function look(on: Host | null): Promise<Forwarding | null> {
  try {
    return await readForwarding(on ?? { name: 'here', local: true })
  } catch (why) {
    if (why instanceof Fault) return null
    throw why
  }
}

async function read(words: Words, hosts: readonly string[], on: Host | null, seen: Forwarding | null) {
  const command = words.valueOf('command')
  const unit = words.valueOf('unit')
  if (command !== undefined) {
    const { found, text } = readLine(words, command)
    return { hands: found, text }
  }
  // A unit on the host, by its name.
  if (unit !== undefined && on) {
    const name = unit.includes('.') ? unit : `${unit}.service`
    if (!seen)
      throw new WrongWords(
        `${on.name} does not tell what units it has: ssh-tunnels list ${words.valueOf('on')} says why`,
      )
    const running = runningOn(seen).filter(({ process }) => process.unit === name)
    const starts = startsOn(seen).filter(
      ({ path, isRunning }) => !isRunning && (path.endsWith(`/${name}`) || path === unit),
    )
    const hands = [...running, ...starts].map(({ hand }) => hand)
    if (hands.length === 0)
      throw new WrongWords(
        `${on.name} has no unit ${name} that forwards over SSH; ssh-tunnels list shows what forwards there`,
      )
    return { hands, text: '' }
  }
  const { found, text } = readHand(words, hosts)
  return { hands: found, text }
}

/** The login of the line, with the keys that this machine has: ssh tries its own, and the agent. */
function withLogin(hand: ByHand, on: Host | null): ByHand {
  const user = hand.destination.user ?? hand.runBy ?? on?.user ?? (on ? 'root' : userInfo().username)
  const named = { ...hand, destination: { ...hand.destination, user } }
  if (on) return withOwnFiles(named, on)
  const key = ownKey()
  return hand.identityFiles.length > 0 || !key ? named : { ...named, identityFiles: [key] }
}

function notesOf({ options, forwards }: ByHand): string[] {
  const isSure = options.some(({ keyword, value }) => keyword === 'exitonforwardfailure' && /^yes$/i.test(value))
  return [
    ...(isSure || forwards.length === 0
      ? []
      : ['without -o ExitOnForwardFailure=yes ssh goes on when it cannot listen, and nobody is told']),
    ...options
      .filter(({ kind }) => kind === 'taken' || kind === 'unknown')
      .map(({ written, says }) => `${written}: ${says}`),
  ]
}
