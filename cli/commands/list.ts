// `list`: all SSH forwards on a host, whoever made them.
import { Fault, readForwarding } from '../../engine'
import { plain, plainJson } from '../../schemas/plain'
import type { Host } from '../../schemas/types'
import type { Command } from '../command'
import { findHost } from '../find-host'
import { type Row, rowsOf } from '../found-on-host'
import { json } from '../options'
import { reading, waitingFor } from '../progress'
import { readOrSay } from '../read-or-say'
import { errorOf } from '../render-json'
import { renderTable, renderTrouble } from '../render-results'

export const list: Command = {
  name: 'list',
  takes: [{ name: 'HOST' }, { name: 'SPEC', optional: true }],
  says: 'all SSH forwards on a host, whoever made them',
  example: 'ssh-tunnels list middle tunnels.yaml',
  more: `HOST is a host of the spec; without a spec a login [USER@]ADDRESS[:PORT], or here for this machine. Each forward is a line: of ours
the tunnel and its owner, of others the process, its user and its unit; where it listens (as bound, when this host tells), where it leads,
where its ssh has logged in, and since when. A forward that a session of sshd has opened (-R) names where that session comes from; its
far only the other end knows. ? stands for what this host does not tell. Changes nothing.`,
  options: { json },
  async run(words) {
    const [name, spec, asJson] = [words.argument('HOST'), words.argument('SPEC'), words.has('json')]
    const host = readOrSay('list', spec, asJson, () => findHost(name, spec))
    return host ? show(host, spec, asJson) : 1
  },
}

async function show(host: Host, spec: string, asJson: boolean): Promise<number> {
  const document = (rest: object) =>
    process.stdout.write(`${plainJson({ command: 'list', spec: spec || null, host: host.name, ...rest }, 2)}\n`)
  try {
    const seen = await waitingFor(reading([host]), () => readForwarding(host))
    const rows = rowsOf(seen)
    if (asJson) document({ forwards: rows.map(toJson), showsListeners: seen.showsListeners, errors: [] })
    else {
      process.stdout.write(
        rows.length > 0 ? plain(renderTable([head, ...rows.map(cells)])) : `no SSH forwards on ${plain(host.name)}\n`,
      )
      if (!seen.showsListeners)
        process.stderr.write(`who listens there is not known: ${plain(host.name)} has no ss (iproute2)\n`)
    }
    return 0
  } catch (why) {
    if (!(why instanceof Fault)) throw why
    const about = `host ${host.name}`
    if (asJson)
      document({
        forwards: [],
        showsListeners: false,
        errors: [errorOf({ about, why })],
      })
    else process.stderr.write(renderTrouble({ about, why }))
    return 1
  }
}

const head = ['WHOSE', 'PID', 'USER', 'BY', 'FORWARD', 'LISTENS ON', 'FAR', 'SSH TO/FROM', 'SINCE']

function cells({
  tunnel,
  pid,
  user,
  program,
  unit,
  forward,
  listensOn,
  listens,
  isBound,
  far,
  peer,
  since,
}: Row): string[] {
  const where = listensOn === 'there' ? `${listens} (there)` : isBound === false ? `${listens} (not bound)` : listens
  const unknown = forward === 'dynamic' ? 'as asked' : '?'
  return [
    tunnel ?? 'by hand',
    String(pid),
    user,
    unit ?? program,
    forward,
    where,
    far ?? unknown,
    peer ?? '?',
    timeOf(since) ?? '?',
  ]
}

const timeOf = (since: number | null): string | null =>
  since === null ? null : new Date(since).toISOString().replace(/\.\d+Z$/, 'Z')

const toJson = ({ isUserUnit: _, since, ...row }: Row) => ({ ...row, since: timeOf(since) })
