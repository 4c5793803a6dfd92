// `logs`: what both ends of a tunnel have said: its ssh on the client, sshd about its account on the server.
import { setTimeout as sleep } from 'node:timers/promises'
import { Fault, type JournalLine, readJournal } from '../../engine'
import { withLogins } from '../../schemas/as-user'
import { accountOf, unitOf } from '../../schemas/describe-tunnel'
import { isOurs } from '../../schemas/machine'
import { plain, plainJson } from '../../schemas/plain'
import { isNamed } from '../../schemas/shared'
import type { Host, Tunnel } from '../../schemas/types'
import { readSpec } from '../../spec'
import { type Command, type Words, WrongWords } from '../command'
import { json } from '../options'
import { reading, waitingFor } from '../progress'
import { readEstate } from '../read-estate'
import { readOrSay } from '../read-or-say'
import { renderTrouble } from '../render-results'
import { hearSignals, stoppedCode } from '../stop'

export const logs: Command = {
  name: 'logs',
  takes: [{ name: 'SPEC' }, { name: 'TUNNEL' }],
  says: 'what both ends of a tunnel have said: its ssh, and sshd about its account',
  example: 'ssh-tunnels logs tunnels.yaml server935-ssh --lines 50',
  more: `Read from the journals of the client, its jump hosts and the server, in the order of their clocks, each line with the host that it comes from. With
-f it goes on until Ctrl-C, asking every other second. What a host says cannot steer the terminal. With --json -f each line is a
document of its own. Exit status 1 where one of the two could not be asked; the other is shown.`,
  options: {
    json,
    follow: { usage: '--follow', short: 'f', says: 'go on with what is said from now on' },
    lines: { usage: '--lines N', short: 'n', says: 'of each end the last N. Default 20', takesValue: true },
  },
  async run(words) {
    const [spec, name] = [words.argument('SPEC'), words.argument('TUNNEL')]
    const text = words.valueOf('lines') ?? '20'
    if (!/^\d{1,6}$/.test(text)) throw new WrongWords(`--lines ${text} is no number`)
    const tunnel = readOrSay('logs', spec, words.has('json'), () => {
      readEstate(spec, [name])
      return readSpec(spec)
        .tunnels.map(withLogins)
        .find(one => isNamed(one, [name]))
    })
    return tunnel ? show(tunnel, Number(text), words) : 1
  },
}

interface End {
  readonly end: 'client' | 'jump' | 'server'
  readonly host: Host
  readonly unit?: string
  cursor: string | null
}

interface Line extends JournalLine {
  readonly end: End['end']
  readonly host: string
}

async function show(tunnel: Tunnel, lines: number, words: Words): Promise<number> {
  const both: End[] = [
    { end: 'client', host: tunnel.client, unit: unitOf(tunnel), cursor: null },
    ...(tunnel.jumps ?? []).map((host): End => ({ end: 'jump', host, cursor: null })),
    { end: 'server', host: tunnel.server, cursor: null },
  ]
  const ends = both.filter(({ host }) => isOurs(host))
  const [asJson, follows] = [words.has('json'), words.has('follow')]
  const first = await waitingFor(reading(ends.map(({ host }) => host)), () => readBoth(ends, tunnel, lines))
  const base = { command: 'logs', spec: words.argument('SPEC'), tunnel: words.argument('TUNNEL') }
  if (asJson && !follows)
    process.stdout.write(
      `${plainJson({ ...base, lines: first.lines.map(toJson), errors: told(first.troubles).map(toError) }, 2)}\n`,
    )
  else {
    for (const line of first.lines) print(line, asJson)
    for (const trouble of told(first.troubles)) process.stderr.write(renderTrouble(trouble))
  }
  if (!follows) return first.troubles.length > 0 ? 1 : 0
  return goOn(ends, tunnel, lines, asJson)
}

/** Until Ctrl-C. */
async function goOn(ends: readonly End[], tunnel: Tunnel, lines: number, asJson: boolean): Promise<number> {
  const stop = new AbortController()
  hearSignals(() => stop.abort())
  while (!stop.signal.aborted) {
    await sleep(2000, undefined, { signal: stop.signal }).catch(() => {})
    if (stop.signal.aborted) break
    // Of an end that could not be asked before, its last lines.
    const { lines: more, troubles } = await readBoth(ends, tunnel, lines)
    for (const line of more) print(line, asJson)
    if (troubles.length < ends.length) continue
    for (const trouble of told(troubles)) process.stderr.write(renderTrouble(trouble))
    return 1
  }
  return stoppedCode
}

interface Trouble {
  readonly end: End
  readonly why: Fault
}

async function readBoth(ends: readonly End[], tunnel: Tunnel, lines: number) {
  const troubles: Trouble[] = []
  const all = await Promise.all(
    ends.map(async end => {
      try {
        const { unit, host, cursor } = end
        const read = await readJournal(host, { unit, account: accountOf(tunnel.name), lines, cursor })
        end.cursor = read.cursor
        return read.lines.map(line => ({ ...line, end: end.end, host: host.name }))
      } catch (why) {
        if (!(why instanceof Fault)) throw why
        troubles.push({ end, why })
        return []
      }
    }),
  )
  return { lines: all.flat().sort((a, b) => a.at - b.at), troubles }
}

const timeOf = (at: number) => new Date(at).toISOString()

const toJson = ({ at, ...line }: Line) => ({ at: timeOf(at), ...line })

/** Once where both ends are one host. */
function told(troubles: readonly Trouble[]): { readonly about: string; readonly why: Fault }[] {
  const [first, second] = troubles
  if (first && second && first.end.host.name === second.end.host.name && first.why.message === second.why.message)
    return [{ about: `host ${first.end.host.name}`, why: first.why }]
  return troubles.map(({ end, why }) => ({ about: `${end.end} ${end.host.name}`, why }))
}

const toError = ({ about, why }: ReturnType<typeof told>[number]) => ({
  about,
  code: why.code,
  host: why.host,
  message: why.message,
})

function print(line: Line, asJson: boolean): void {
  const { at, host, program, pid, text } = line
  const head = `${timeOf(at)} ${host} ${program}${pid && `[${pid}]`}:`
  const shown = asJson
    ? plainJson(toJson(line))
    : text
        .split('\n')
        .map(one => `${head} ${one}`)
        .join('\n')
  process.stdout.write(`${asJson ? shown : plain(shown)}\n`)
}
