// What a create would take over: what stands under its name, of its owner, and was made with other arguments. Pure.
//
// Of a half-made create parts are missing, and those that stand are as declared: it is gone on from. What somebody's hand has changed is a
// drift, and mended. So only what tells with which arguments it was made counts.
import type { Check } from '../parts/check'
import { settingsIn } from '../parts/drop-in'
import { readMark } from '../parts/mark'
import { serviceFile } from '../parts/service'
import type { Placed } from '../wish/placed'
import { type Look, partOf } from './look'

/** One argument, as what stands was made and as it is declared. */
interface Other {
  readonly host: string
  readonly name: string
  readonly have: string
  readonly want: string
}

/** Nothing where nothing stands, or what stands is as declared. */
export function checkTakeover(seen: Look): Check[] {
  const others = [...seen.derived.placed.flatMap(placed => otherArguments(placed, seen)), ...otherClient(seen)]
  const [first] = others
  if (!first) return []
  const { type, input } = seen.declared
  const lines = others.map(({ host, name, have, want }) => `${name} on ${host}: ${have}; declared: ${want}`)
  const check: Check = {
    link: 'name free',
    host: first.host,
    status: 'fail',
    code: 'would-take-over',
    what: `${type === 'tunnel' ? `tunnel ${input.name}` : `settings of host ${input.name}`} of the same owner stands there with other arguments, and is not in this state`,
    evidence: lines.join('\n'),
    cure: `if it is another configuration's: give this one another name or owner
if it is this one's own: import it (ssh-tunnels import-blocks SPEC prints the block)
to take it over anyway, or where create_before_destroy replaces it: adopt = true`,
  }
  return [check]
}

const argumentKeywords = [
  'allowtcpforwarding',
  'gatewayports',
  'permitopen',
  'permitlisten',
  'clientaliveinterval',
  'clientalivecountmax',
]

function otherArguments(placed: Placed, { snapshotOf, declared }: Look): Other[] {
  const [on, host] = [snapshotOf(placed.host), placed.host.name]
  if (placed.kind === 'service') {
    const have = readMark(serviceFile(on, placed.at.unit)?.text ?? '')?.notes.command
    const want = readMark(placed.at.text)?.notes.command
    return have && want && have !== want ? [{ host, name: 'command', have, want }] : []
  }
  if (placed.kind === 'sshd') {
    const text = on.files[placed.at.dropIn]?.text
    if (text === undefined) return []
    const [have, want] = [settingsIn(text), settingsIn(placed.at.text)]
    // A host's own settings are all arguments; of a tunnel's block most lines are always the same.
    const all = declared.type === 'middle' ? [...have.keys(), ...want.keys()] : argumentKeywords
    return [...new Set(all)].flatMap(name => {
      const [a = 'not set', b = 'not set'] = [have.get(name), want.get(name)]
      return a === b ? [] : [{ host, name: `sshd ${name}`, have: a, want: b }]
    })
  }
  if (placed.kind !== 'firewall') return []
  const state = partOf(placed).observe(on, placed.at) as typeof placed.want
  const wanted: readonly string[] = typeof placed.want?.opens === 'object' ? placed.want.opens : []
  const others = (typeof state?.opens === 'object' ? state.opens : []).filter(one => !wanted.includes(one))
  if (others.length === 0) return []
  return [{ host, name: 'open', have: others.join(', '), want: wanted.join(', ') || 'nothing' }]
}

/**
 * The server lets another client in: one that has the key, however it is called. A client makes its key before the server is told of it, so
 * where no mark names the client, a key that this one does not have was never its own.
 */
function otherClient({ derived, snapshotOf }: Look): Other[] {
  const [key, lets, sshd] = (['key', 'authorized-key', 'sshd'] as const).map(kind =>
    derived.placed.find(placed => placed.kind === kind),
  )
  if (key?.kind !== 'key' || lets?.kind !== 'authorized-key' || sshd?.kind !== 'sshd') return []
  const letIn = partOf(lets).observe(snapshotOf(lets.host), lets.at)?.publicKey
  if (letIn && snapshotOf(key.host).keys[key.at.path] === letIn) return []
  const [have, want] = [snapshotOf(sshd.host).files[sshd.at.dropIn]?.text ?? '', sshd.at.text].map(clientOf)
  const host = sshd.host.name
  if (have && want) return have === want ? [] : [{ host, name: 'client', have, want }]
  return letIn ? [{ host, name: 'client', have: have ?? `who has the key ${letIn}`, want: want ?? key.host.name }] : []
}

const clientOf = (text: string): string | undefined => readMark(text)?.notes.client
