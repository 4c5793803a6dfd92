// From times to a table: a row a fault, a column a tunnel, ours also as a multiple of autossh.
import { median } from './measure'
import { type Contender, contenders, type ForwardKind, forwards } from './standing'
import { medianAndRange, seconds, table, times } from './tables'

export const faults = ['kill', 'busy', 'idle', 'long', 'reboot', 'stale'] as const
export type Fault = (typeof faults)[number]

export interface Back {
  readonly fault: Fault
  readonly contender: Contender
  readonly forward: ForwardKind
  readonly seconds: number
}

const rowNames: Readonly<Record<Fault, string>> = {
  kill: '`kill -9` of ssh',
  busy: 'a cut of 20 s while visitors come',
  idle: 'a cut of 20 s while nobody comes',
  long: 'a cut of 150 s while visitors come',
  reboot: 'a reboot of middle, from when its sshd listens again',
  stale: '`kill -9` of an ssh of which middle never hears, so that its session keeps the port',
}

/** Who is not back by then is waited for no longer. Seconds. */
export const mostSeconds = 300
const sayBack = (value: number) => (value >= mostSeconds ? `over ${mostSeconds} s` : seconds(value))

export function backTable(backs: readonly Back[]): string {
  const of = (fault: Fault, contender: Contender, forward: ForwardKind) =>
    backs
      .filter(back => back.fault === fault && back.contender === contender && back.forward === forward)
      .map(({ seconds }) => seconds)
  const columns = forwards.flatMap(forward => contenders.map(contender => ({ contender, forward })))
  const cell = (fault: Fault, contender: Contender, forward: ForwardKind) => {
    const own = of(fault, contender, forward)
    if (own.length === 0) return ''
    const [ours, theirs] = [median(own), median(of(fault, 'autossh', forward))]
    const ratio = contender === 'ours' && ours && theirs ? `, ${times(ours / theirs)} autossh` : ''
    return `${medianAndRange(own, sayBack)}${ratio}`
  }
  return table(
    ['until visitors are answered again after', ...columns.map(({ contender, forward }) => `${contender}, ${forward}`)],
    faults
      .filter(fault => backs.some(back => back.fault === fault))
      .map(fault => [rowNames[fault], ...columns.map(({ contender, forward }) => cell(fault, contender, forward))]),
  )
}
