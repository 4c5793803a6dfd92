// `adopt --take-over`: what runs by hand stops right before the spec's own tunnel starts, and comes back when that fails.
import { Fault, type Forwarding, type Replaced, readForwarding, replaceUnit } from '../engine'
import { canonical } from '../schemas/endpoint'
import { forwardsOf } from '../schemas/forward'
import { eachLogin, loginId } from '../schemas/machine'
import { plain } from '../schemas/plain'
import type { Host, Tunnel } from '../schemas/types'
import { readSpec } from '../spec'
import { listenOf } from '../spec/from-ssh'
import { changeHosts } from './change-hosts'
import type { Words } from './command'
import { type Running, runningOn } from './found-on-host'
import { readEstate } from './read-estate'
import { readOrSay } from './read-or-say'
import { renderTrouble } from './render-results'

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
  const tunnels = readOrSay('adopt', spec, asJson, () => {
    readEstate(spec, only)
    return readSpec(spec).tunnels.filter(({ name }) => only.length === 0 || only.includes(name))
  })
  if (!tunnels) return 1
  try {
    const old = await findOld(tunnels)
    const inTheWay = old.flatMap(sayInTheWay)
    if (inTheWay.length > 0) {
      for (const text of inTheWay) process.stderr.write(`${plain(text)}\n`)
      process.stderr.write('nothing was changed\n')
      return 1
    }
    return await replaceAll(old, () => changeHosts('apply', applyWords(words, spec, only)))
  } catch (why) {
    if (!(why instanceof Fault)) throw why
    process.stderr.write(renderTrouble({ about: spec, why }))
    return 1
  }
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

function sayInTheWay({ host, running, tunnels, lost }: Old): string[] {
  const { pid, user, unit, isUserUnit } = running.process
  const where = `${tunnels.join(', ')}: pid ${pid} of ${user} on ${host.name}`
  if (lost.length > 0)
    return [
      `${where} also forwards ${lost.join(', ')}, which would end with it: have those in the spec too (ssh-tunnels adopt --host ${host.name} SPEC)`,
    ]
  if (unit === null)
    return [
      `${where} is no unit's, so that nobody could start it again: end it yourself, on ${host.name}: kill ${pid}; then ssh-tunnels apply, at once`,
    ]
  if (isUserUnit)
    return [
      `${where} is the user's own unit: as ${user} on ${host.name}: systemctl --user disable --now ${unit}; then ssh-tunnels apply, at once`,
    ]
  return []
}

async function replaceAll(old: readonly Old[], apply: () => Promise<number>): Promise<number> {
  const stopped: Replaced[] = []
  const back = async () => {
    for (const one of stopped) {
      await one.back()
      process.stderr.write(`${plain(one.unit)}: started again\n`)
    }
  }
  try {
    for (const { host, running, tunnels } of old) {
      const unit = running.process.unit ?? ''
      process.stderr.write(
        `${plain(`${tunnels.join(', ')}: ${host.name}: stop ${unit}, and keep it from starting at boot`)}\n`,
      )
      stopped.push(await replaceUnit(host, unit))
    }
    const code = await apply()
    if (code !== 0) await back()
    else for (const one of stopped) await one.keep()
    return code
  } catch (why) {
    await back().catch(() => {})
    throw why
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
