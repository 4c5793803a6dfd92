// Tunnels made by hand -> a spec that validates: what of them it keeps, what of today's rights goes, and what has to be filled in. Pure.
import { folderOfSocket } from '../../schemas/address'
import { accountOf } from '../../schemas/describe-tunnel'
import { socketFolderOf } from '../../schemas/socket-folder'
import type { SpecTunnel } from '../../schemas/types'
import { parseSpec } from '../index'
import { type ByHand, commandOfHand, type Told, type Where } from './by-hand'
import { freeName, type Known, type Names, toDoFor } from './draft-hosts'
import { type HandForward, writeForward } from './forward-spec'
import { type Adopting, makeTunnel, nameOf } from './make-tunnel'
import { writeSpec } from './write-spec'

export interface Adopted {
  readonly name: string
  readonly client: string
  readonly server: string
  readonly from: string | null
  readonly command: string
  /** Rights of today that go, a sentence each. */
  readonly taken: readonly string[]
  readonly options: readonly Told[]
}

export interface NotAdopted extends Where {
  readonly command: string
  readonly why: string
}

export interface Draft {
  readonly text: string
  readonly adopted: readonly Adopted[]
  readonly notAdopted: readonly NotAdopted[]
  /** What somebody has to look at before the first apply. */
  readonly toDo: readonly string[]
}

export function draftSpec(all: readonly Adopting[], known: Known): Draft {
  const names: Names = { hosts: new Map(), tunnels: new Map() }
  const adopted: Adopted[] = []
  const notAdopted: NotAdopted[] = []
  const toDo = new Set<string>()
  for (const one of all) {
    if (one.hand.forwards.length === 0) {
      const why = 'it forwards nothing: there is no -L, -R or -D'
      notAdopted.push({ ...one.hand.place, command: commandOfHand(one.hand), why })
    }
    for (const forward of one.hand.forwards) {
      const command = commandOfHand(one.hand, [forward])
      const refuse = (why: string) => {
        const { file, line, column } = forward
        notAdopted.push({ file, line, column, command, why })
      }
      if (forward.type === 'dynamic' && forward.by === 'server') {
        refuse(
          'a spec has no proxy that its server listens for (-R without far) yet; ssh-tunnels open makes one by hand',
        )
        continue
      }
      const before = new Map(names.hosts)
      const name = freeName(nameOf(forward), names.tunnels)
      const made = makeTunnel(one, forward, name, names, known)
      const alone = { hosts: names.hosts, tunnels: new Map([[name, made]]) }
      const { problems } = parseSpec(writeSpec(alone), 'the draft')
      const [first] = problems
      if (first) {
        // What was made for it alone goes with it.
        for (const host of names.hosts.keys()) if (!before.has(host)) names.hosts.delete(host)
        for (const [host, draft] of before) names.hosts.set(host, draft)
        refuse(`${first.message}${first.hint ? `; ${first.hint}` : ''}`)
        continue
      }
      names.tunnels.set(name, made)
      const { client, server = client } = made.tunnel
      for (const what of [
        ...(one.toDo ?? []),
        ...unreadOf(one.hand, one.hand.destination.written),
        ...openOf(forward, name, server),
        ...socketsOf(forward, made.tunnel, name),
      ])
        toDo.add(what)
      for (const host of [client, server]) for (const what of toDoFor(host, names.hosts.get(host))) toDo.add(what)
      adopted.push({
        name,
        client,
        server,
        from: one.from,
        command,
        taken: takenBy(one.hand, forward, server),
        options: one.hand.options,
      })
    }
  }
  if (adopted.length === 0) return { text: '', adopted, notAdopted, toDo: [] }
  return { text: writeSpec(names), adopted, notAdopted, toDo: [...toDo] }
}

/** What whoever holds today's key may do, and a tunnel of ours may not. */
function takenBy(hand: ByHand, forward: HandForward, server: string): string[] {
  const { user } = hand.destination
  const who = user ?? 'the user who runs it'
  const isProxy = forward.type === 'dynamic'
  const opens = isProxy
    ? 'only dials for its visitors, and without permitOpen whatever they name (restrict, port-forwarding)'
    : `opens this one forward (restrict, ${forward.by === 'server' ? 'permitlisten' : 'permitopen'})`
  return [
    hand.session === 'none'
      ? `its key logs in to ${server} as ${who}: a shell and any command; ours ${opens}. Take the old key out of authorized_keys when nothing else needs it`
      : `it starts ${hand.session === 'shell' ? 'a shell' : 'a command'} on ${server} as ${who}; ours starts nothing`,
    ...(user === 'root' ? [`root on ${server}: ours is an account without a shell`] : []),
    isProxy
      ? `listeners on ${server} (-R): sshd lets ours open none`
      : `any other forward through ${server}: sshd lets ours open ${writeForward(forward)} alone`,
    ...hand.options.filter(({ kind }) => kind === 'taken').map(({ written, says }) => `${written}: ${says}`),
  ]
}

/** A proxy without permitOpen has the right that a line has: to anything. */
const openOf = ({ type }: HandForward, name: string, server: string): string[] =>
  type === 'dynamic'
    ? [
        `tunnel ${name}: its account may dial anything that ${server} reaches: write permitOpen: [HOST:PORT, ...] to allow that alone`,
      ]
    : []

/** Today whoever runs it comes to them: the tunnel's account does not yet. */
function socketsOf({ listen, far }: HandForward, tunnel: SpecTunnel, name: string): string[] {
  const { client = '', server = client, forward, listen: path = '' } = tunnel
  const [on, dialler] = forward === 'remote' ? [server, client] : [client, server]
  const account = accountOf(name)
  const made = `${socketFolderOf(name)}/`
  return [
    ...(listen.kind !== 'socket'
      ? []
      : path !== listen.path
        ? [`tunnel ${name}: it listens on ${path} of ${on}, and no more on ${listen.path}: tell the programs there`]
        : path.startsWith(made)
          ? []
          : [
              `tunnel ${name}: ${account} has to be let into ${folderOfSocket(path)} of ${on}; or listen in ${made}, which the deploy makes`,
            ]),
    ...(far?.kind === 'socket'
      ? [
          `tunnel ${name}: ${account} has to be let in to ${far.path} of ${dialler}, by its group or the service's own setting`,
        ]
      : []),
  ]
}

const unreadOf = ({ options }: ByHand, written: string): string[] =>
  options.flatMap(one => {
    if (one.kind !== 'unknown') return []
    const { keyword, value, file, line, says } = one
    if (keyword === '-configfile')
      return [`ssh_config ${value} makes a part of this tunnel: read it with --config ${value} ${written}`]
    return one.written === 'EnvironmentFile' ? [`EnvironmentFile ${value} (${file}:${line}) ${says}`] : []
  })
