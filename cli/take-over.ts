// `adopt --take-over`: what runs by hand stops right before the spec's own tunnel starts, and comes back when that fails.
import { setTimeout as sleep } from 'node:timers/promises'
import { Fault, planChanges, type Replaced, replaceUnit, type Trouble } from '../engine'
import { unitOf } from '../schemas/describe-tunnel'
import { plain, plainJson } from '../schemas/plain'
import { isNamed } from '../schemas/shared'
import { readSpec } from '../spec'
import { type Came, changeUntil, type Replacing } from './change-hosts'
import type { Words } from './command'
import { findOld, findUnheard, type Old } from './old-units'
import { reading, waitingFor } from './progress'
import { readEstate } from './read-estate'
import { readOrSay } from './read-or-say'
import { errorOf } from './render-json'
import { renderTrouble, renderTroubles } from './render-results'
import { listenForStop, type Stop } from './stop'

/** Resolves to the exit status. */
export async function takeOver(words: Words, spec: string, only: readonly string[]): Promise<number> {
  const asJson = words.has('json')
  const stop = listenForStop()
  const read = readOrSay('adopt', spec, asJson, () => ({
    estate: readEstate(spec, only),
    tunnels: readSpec(spec).tunnels.filter(one => only.length === 0 || isNamed(one, only)),
  }))
  if (!read) return 1
  try {
    const { old, inTheWay, planned } = await waitingFor(reading(read.estate.hosts), async () => {
      const { old, inTheWay } = await findOld(read.tunnels)
      const replacing = old.flatMap(({ tunnels }) => tunnels.map(({ name }) => name))
      return { old, inTheWay, planned: await planChanges({ ...read.estate, replacing }) }
    })
    const troubles = [...inTheWay, ...planned.troubles]
    if (troubles.length > 0) return sayNothingChanged(troubles, spec, asJson)
    const apply = (replaced: Replacing['replaced']) =>
      changeUntil(stop, 'apply', applyWords(words, spec, only), { planned, replaced })
    return await replaceAll(old, stop, apply)
  } catch (why) {
    if (!(why instanceof Fault)) throw why
    return sayNothingChanged([{ about: `host ${why.host}`, why }], spec, asJson)
  }
}

function sayNothingChanged(inTheWay: readonly Trouble[], spec: string, asJson: boolean): number {
  if (asJson) process.stdout.write(`${plainJson({ command: 'adopt', spec: null, errors: inTheWay.map(errorOf) }, 2)}\n`)
  else for (const text of renderTroubles(inTheWay)) process.stderr.write(text)
  process.stderr.write(`${plain(spec)}: nothing was changed\n`)
  return 1
}

type Yielding = Replaced & Pick<Old, 'host' | 'listening'> & { readonly names: readonly string[] }

async function replaceAll(
  old: readonly Old[],
  stop: Stop,
  apply: (replaced: Replacing['replaced']) => Promise<Came>,
): Promise<number> {
  const yielding: Yielding[] = []
  if (old.length > 0) stop.beginChanging('what was stopped the host starts again by itself, after three minutes')
  try {
    for (const { host, running, tunnels, listening } of old) {
      const { unit, pid } = running.process
      const replaced = await replaceUnit(host, { unit: unit ?? '', pid, ours: tunnels.map(unitOf) })
      const names = tunnels.map(({ name }) => name)
      yielding.push({ ...replaced, host, listening, names })
      process.stderr.write(`${plain(`${names.join(', ')}: ${unit} on ${host.name} stops when all else is ready`)}\n`)
    }
    // After a Ctrl-C it begins nothing, and says so.
    const { code, results } = await apply(new Map(yielding.flatMap(one => one.names.map(name => [name, one] as const))))
    const isUp = (name: string) =>
      results.some(one => one.type === 'tunnel' && one.name === name && ['done', 'unchanged'].includes(one.status))
    let isDone = true
    for (const one of yielding) {
      const isKept = one.names.every(isUp) && (await isSaid(one, () => one.keep()))
      if (!isKept) isDone &&= (await isSaid(one, () => bringBack(one))) && !one.names.every(isUp)
    }
    return code === 0 && !isDone ? 1 : code
  } catch (why) {
    for (const one of yielding) await isSaid(one, () => bringBack(one))
    throw why
  }
}

/** Resolves to whether it was done; says why not. One that fails keeps no other from it. */
async function isSaid({ unit }: Yielding, work: () => Promise<void>): Promise<boolean> {
  try {
    await work()
    return true
  } catch (why) {
    process.stderr.write(renderTrouble({ about: unit, why }))
    return false
  }
}

/** Milliseconds in which an ssh logs in and listens. */
const longEnough = 10_000

async function bringBack(one: Yielding): Promise<void> {
  await one.back()
  let unheard = await waitUntilHeard(one)
  if (unheard.length > 0) {
    // Where ssh lives on without its forward only a new one gets it.
    await one.again()
    unheard = await waitUntilHeard(one)
  }
  if (unheard.length > 0)
    throw new Fault({
      code: 'not-replaced',
      host: one.host.name,
      what: `${one.unit} on ${one.host.name} is started again, and nobody listens as before on ${unheard
        .map(({ on, at }) => `${at} of ${on.name}`)
        .join(', ')}`,
      cure: `see on ${one.host.name}: journalctl -u ${one.unit}`,
    })
  process.stderr.write(`${plain(one.unit)}: runs as before\n`)
}

async function waitUntilHeard({ listening }: Yielding): ReturnType<typeof findUnheard> {
  for (const until = Date.now() + longEnough; ; ) {
    const unheard = await findUnheard(listening)
    if (unheard.length === 0 || Date.now() > until) return unheard
    await sleep(1000)
  }
}

/** As `apply SPEC --only TUNNEL...` would have it. */
const applyWords = (words: Words, spec: string, only: readonly string[]): Words => ({
  argumentsOf: () => [spec],
  argument: () => spec,
  has: option => option === 'json' && words.has('json'),
  valuesOf: option => (option === 'only' ? only : []),
  valueOf: () => undefined,
})
