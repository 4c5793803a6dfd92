// `adopt --take-over`: what runs by hand stops right before the spec's own tunnel starts, and comes back when that fails.
import {
  Fault,
  type Forwarding,
  planChanges,
  type Replaced,
  readForwarding,
  replaceUnit,
  type Trouble,
} from '../engine'
import { canonical } from '../schemas/endpoint'
import { forwardsOf } from '../schemas/forward'
import { eachLogin, loginId } from '../schemas/machine'
import { plain, plainJson } from '../schemas/plain'
import type { Host, Tunnel } from '../schemas/types'
import { readSpec } from '../spec'
import { listenOf } from '../spec/from-ssh'
import { type Came, changeUntil, type Replacing } from './change-hosts'
import type { Words } from './command'
import { type Running, runningOn } from './found-on-host'
import { reading, waitingFor } from './progress'
import { readEstate } from './read-estate'
import { readOrSay } from './read-or-say'
import { errorOf } from './render-json'
import { renderTrouble, renderTroubles } from './render-results'
import { listenForStop, type Stop } from './stop'

interface Old {
  readonly host: Host
  readonly running: Running
  /** The tunnels of the spec that stand for its forwards. */
  readonly tunnels: readonly string[]
  /** Forwards of it that no tunnel of the spec stands for. */
  readonly lost: readonly string[]
}

/** Resolves to the exit status. */
export async function takeOver(words: Words, spec: string, only: readonly string[]): Promise<number> {
  const asJson = words.has('json')
  const stop = listenForStop()
  const read = readOrSay('adopt', spec, asJson, () => ({
    estate: readEstate(spec, only),
    tunnels: readSpec(spec).tunnels.filter(({ name }) => only.length === 0 || only.includes(name)),
  }))
  if (!read) return 1
  try {
    const { old, planned } = await waitingFor(reading(read.estate.hosts), async () => {
      const old = await findOld(read.tunnels)
      const replacing = old.flatMap(({ tunnels }) => tunnels)
      return { old, planned: await planChanges({ ...read.estate, replacing }) }
    })
    const inTheWay = [...old.flatMap(tellInTheWay), ...planned.troubles]
    if (inTheWay.length > 0) return sayNothingChanged(inTheWay, spec, asJson)
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

async function findOld(tunnels: readonly Tunnel[]): Promise<Old[]> {
  const clients = eachLogin(tunnels.map(({ client }) => client))
  const found = await Promise.all(
    clients.map(async host => {
      const mine = tunnels.filter(({ client }) => loginId(client) === loginId(host))
      return oldOn(host, await readForwarding(host), mine)
    }),
  )
  return found.flat()
}

function oldOn(host: Host, seen: Forwarding, tunnels: readonly Tunnel[]): Old[] {
  return runningOn(seen)
    .filter(({ process }) => process.owner === null)
    .flatMap(running => {
      const all = running.hand.forwards.map(forward => ({
        listen: listenOf(running.hand, forward),
        tunnel: tunnels.find(
          one =>
            (one.forward === 'remote') === (forward.by === 'server') &&
            sameListener(one, listenOf(running.hand, forward)),
        ),
      }))
      const names = all.flatMap(({ tunnel }) => tunnel?.name ?? [])
      const lost = all.flatMap(({ tunnel, listen }) => (tunnel ? [] : [listen]))
      return names.length > 0 ? [{ host, running, tunnels: names, lost }] : []
    })
}

function sameListener(tunnel: Tunnel, listen: string): boolean {
  const [, host = '', port] = /^\[?([^\]]*)\]?:(\d+)$/.exec(listen) ?? []
  return forwardsOf(tunnel).some(
    one =>
      one.listen.kind === 'tcp' && String(one.listen.port) === port && canonical(one.listen.host) === canonical(host),
  )
}

function tellInTheWay({ host, running, tunnels, lost }: Old): Trouble[] {
  const { pid, user, unit, isUserUnit } = running.process
  const tell = (says: string) => [
    {
      about: tunnels.map(name => `tunnel ${name}`).join(', '),
      why: new Fault({ code: 'not-replaced', host: host.name, what: `pid ${pid} of ${user} on ${host.name} ${says}` }),
    },
  ]
  if (lost.length > 0)
    return tell(
      `also forwards ${lost.join(', ')}, which would end with it: have those in the spec too (ssh-tunnels adopt --host ${host.name} SPEC)`,
    )
  if (unit === null)
    return tell(
      `is no unit's, so that nobody could start it again: end it yourself, on ${host.name}: kill ${pid}; then ssh-tunnels apply, at once`,
    )
  if (isUserUnit)
    return tell(
      `is the user's own unit: as ${user} on ${host.name}: systemctl --user disable --now ${unit}; then ssh-tunnels apply, at once`,
    )
  return []
}

type Yielding = Replaced & Pick<Old, 'tunnels'>

async function replaceAll(
  old: readonly Old[],
  stop: Stop,
  apply: (replaced: Replacing['replaced']) => Promise<Came>,
): Promise<number> {
  const yielding: Yielding[] = []
  if (old.length > 0) stop.beginChanging('what was stopped the host starts again by itself, after three minutes')
  try {
    for (const { host, running, tunnels } of old) {
      const unit = running.process.unit ?? ''
      yielding.push({ ...(await replaceUnit(host, unit)), tunnels })
      process.stderr.write(`${plain(`${tunnels.join(', ')}: ${unit} on ${host.name} stops when all else is ready`)}\n`)
    }
    // After a Ctrl-C it begins nothing, and says so.
    const { code, results } = await apply(
      new Map(yielding.flatMap(one => one.tunnels.map(name => [name, one] as const))),
    )
    const isUp = (name: string) =>
      results.some(one => one.type === 'tunnel' && one.name === name && ['done', 'unchanged'].includes(one.status))
    const concluded = await concludeEach(yielding, ({ tunnels }) => (tunnels.every(isUp) ? 'keep' : 'back'))
    return code === 0 && !concluded ? 1 : code
  } catch (why) {
    await concludeEach(yielding, () => 'back')
    throw why
  }
}

/** Resolves to whether all was done: one that fails keeps no other from it. */
async function concludeEach(
  yielding: readonly Yielding[],
  verbOf: (one: Yielding) => 'keep' | 'back',
): Promise<boolean> {
  let isDone = true
  for (const one of yielding) {
    const verb = verbOf(one)
    try {
      await one[verb]()
      if (verb === 'back') process.stderr.write(`${plain(one.unit)}: runs as before\n`)
    } catch (why) {
      process.stderr.write(renderTrouble({ about: one.unit, why }))
      isDone = false
    }
  }
  return isDone
}

/** As `apply SPEC --only TUNNEL...` would have it. */
const applyWords = (words: Words, spec: string, only: readonly string[]): Words => ({
  argumentsOf: () => [spec],
  argument: () => spec,
  has: option => option === 'json' && words.has('json'),
  valuesOf: option => (option === 'only' ? only : []),
  valueOf: () => undefined,
})
