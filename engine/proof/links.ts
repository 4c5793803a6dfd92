// Of a tunnel that listens and through which far does not answer: each link of the rest of the chain, asked from its own host.

import type { Single } from '../../schemas/forward'
import { isOurs, loginId } from '../../schemas/machine'
import type { Host } from '../../schemas/types'
import { type Check, ok } from '../parts/check'
import type { Listening } from '../wish/placed'
import type { Answer } from './answer'
import { diallingHost } from './dial'
import { pacedFor } from './pace'
import { itself, type Place } from './place'
import { askDirectly, probe } from './probe'
import { judgeTheirs } from './theirs'

interface Asked {
  readonly tunnel: Single
  readonly listening: Listening
  readonly place: Place
  /** What came of it from `place`: no answer. */
  readonly answer: Answer
  /** From the host that dials far, not through the tunnel. */
  readonly direct: Answer
  /** Through the listener, from its own host; null where that is `place`. */
  readonly onHost: Answer | null
}

/** Far from the host that dials it, the listener from its own host, the port from `place`. All of them end with a deploy that waits. */
export async function judgeLinks(listening: Listening, place: Place, answer: Answer): Promise<Check[]> {
  const tunnel = listening.of
  const own = itself(listening)
  const isOwn = idOf(place) === idOf(own)
  const theirs = [tunnel.client, tunnel.server].find(host => !isOurs(host))
  const [direct, onHost] = await Promise.all([
    diallingHost(tunnel) === theirs ? notAsked(theirs) : pacedFor(tunnel, () => askDirectly(tunnel)),
    isOwn || listening.host === theirs ? null : pacedFor(tunnel, () => probe(tunnel, listening, own)),
  ])
  const asked = { tunnel, listening, place, answer, direct, onHost }
  if (theirs === tunnel.server) {
    const found = await judgeTheirs(asked)
    return found.some(({ status }) => status === 'fail') ? found : [...found, farReached(asked), farAnswers(asked)]
  }
  if (listening.host === theirs && direct.answered) return [waitsForListener(asked)]
  return [farReached(asked), farAnswers(asked), ...(isOwn ? [] : [portReached(asked)])]
}

const notAsked = (host: Host): Answer => ({
  answered: null,
  evidence: 'not asked',
  why: `${host.name} is not ours`,
  lasts: true,
})

/** Whether it runs there, where nobody looks: far is well, and nothing comes through. */
const waitsForListener = ({ tunnel, listening, place, answer }: Asked): Check => ({
  link: 'listener bound',
  host: listening.host.name,
  status: 'fail',
  mends: true,
  code: 'waits-for-owner',
  what: `far does not answer through ${listening.endpoint} from ${place.name}: ${listening.host.name}, which is not ours, has not begun the tunnel, or lets nobody in`,
  evidence: answer.answered ? undefined : `seen from ${place.name}: ${answer.why}`,
  cure: `have its owner run it: ssh-tunnels handover SPEC ${tunnel.name} prints what he needs`,
})

const idOf = ({ through }: Place): string => (!through || through.local ? 'here' : loginId(through))

/** What was seen from where, a line each. */
function evidenceOf({ tunnel, listening, place, answer, direct, onHost }: Asked): string {
  const tell = (answer: Answer) => (answer.answered ? `it answers (${answer.said})` : answer.why)
  return [
    `seen from ${place.name}: ${tell(answer)}`,
    ...(onHost ? [`seen from ${listening.host.name} itself: ${tell(onHost)}`] : []),
    `far asked from ${diallingHost(tunnel).name}, not through the tunnel: ${tell(direct)}`,
  ].join('\n')
}

/** From where nothing came back, not even a no. */
const noWord = /no answer|timed out|no route|unreachable|open failed|cannot be resolved|not known|name resolution/i

/** From where something else came back than the probe asks for. */
const otherWord = /does not speak|no TLS/i
const otherStatus = /probeStatus wants/
const sayOther = (far: string) =>
  `say what it speaks as probe (ssh, tls, http, or tcp for anything), or see which service ${far} is; ${instead}`
const sayStatus = (far: string) => `say its status in probeStatus, or see why ${far} answers so; ${instead}`

function farReached(asked: Asked): Check {
  const { tunnel, listening, direct, onHost } = asked
  const [dialler, far] = [diallingHost(tunnel).name, tunnel.far]
  const link = { link: 'far reached', host: listening.host.name } as const
  if (direct.answered || onHost?.answered) return ok(link, `far (${far}) answers ${dialler}`)
  if (direct.answered === null) return { ...link, status: 'unknown', what: `${dialler} cannot ask far: ${direct.why}` }
  const failed = { ...link, status: 'fail', mends: true, evidence: evidenceOf(asked), ...silent(asked) } as const
  if (otherWord.test(direct.why)) return { ...failed, cure: sayOther(far) }
  if (otherStatus.test(direct.why)) return { ...failed, cure: sayStatus(far) }
  if (!noWord.test(direct.why)) return failed
  const cure = `see that the host of ${far} is up, and that nothing between ${dialler} and it drops the connection; ${instead}`
  return { ...failed, code: 'far-unreached', cure }
}

const instead = 'probe: warn deploys with a warning, probe: none without the proof'

const silent = ({ tunnel, listening, direct }: Asked) =>
  ({
    code: 'far-silent',
    what: `${listening.endpoint} is listened on, but far (${tunnel.far}) does not answer through it${inShort(direct)}`,
    cure: `see that the service on ${tunnel.far} runs and that ${diallingHost(tunnel).name} reaches it; ${instead}`,
  }) as const

/** What far itself does, where that is known. */
function inShort(direct: Answer): string {
  if (direct.answered !== false) return ''
  const found = shortly.find(([pattern]) => pattern.test(direct.why))
  return found ? `: ${found[1]}` : ''
}

const shortly: readonly (readonly [RegExp, string])[] = [
  [/refused/i, 'it refuses connections, nothing listens there'],
  // The last is sshd's word for a connection that its kernel refuses to begin (channels.c of OpenSSH).
  [/no route|unreachable|open failed/i, 'there is no way to it'],
  [/cannot be resolved|not known|name resolution/i, 'its name leads to no address'],
  [/no answer in|timed out/i, 'it gives no answer at all'],
  [otherStatus, 'it answers, and not as probeStatus wants'],
  [otherWord, 'it speaks another protocol than probe says'],
  [/closed at once/i, 'it takes connections and closes them'],
  [/said nothing/i, 'it takes connections and says nothing'],
]

function farAnswers(asked: Asked): Check {
  const { tunnel, listening, answer, direct, onHost } = asked
  const [dialler, host] = [diallingHost(tunnel).name, listening.host.name]
  const link = { link: 'far answers', host } as const
  const through = onHost ?? answer
  if (through.answered) return ok(link, `far answers through ${listening.endpoint} on ${host} itself`)
  const failed = { ...link, status: 'fail', mends: true, evidence: evidenceOf(asked) } as const
  if (!direct.answered) return { ...failed, ...silent(asked) }
  return {
    ...failed,
    code: 'tunnel-blocked',
    what: `far (${tunnel.far}) answers ${dialler} itself, but not through the tunnel that listens on ${listening.endpoint}`,
    cure: `see what keeps tun-${tunnel.name} on ${dialler} from far, and the way between ${tunnel.client.name} and ${tunnel.server.name}; ${instead}`,
  }
}

function portReached(asked: Asked): Check {
  const { listening, place, onHost } = asked
  const { endpoint, host } = listening
  const link = { link: 'port reached', host: host.name } as const
  if (!onHost?.answered)
    return { ...link, status: 'unknown', what: `far was not reached, so the way to ${endpoint} is not judged` }
  return {
    ...link,
    status: 'fail',
    mends: true,
    code: 'port-blocked',
    what: `${endpoint} leads to far on ${host.name} itself, but not when it is asked from ${place.name}`,
    evidence: evidenceOf(asked),
    cure: `see the firewalls between ${place.name} and ${host.name}, and that allowFrom lets ${place.name} in; probeFrom names another place, ${instead}`,
  }
}
